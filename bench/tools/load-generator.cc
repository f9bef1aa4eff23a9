// The client side of every measurement: offers one kind of load to one proxy and reports, as JSON,
// what was done, what failed and how long it took. It times the window itself and reads the CPU
// counters it is told to watch at both ends of it.

#include <csignal>
#include <cstdlib>

#include "idle-load.h"
#include "load-options.h"
#include "load-report.h"
#include "system.h"
#include "traffic-load.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const bench::LoadOptions options = bench::parseLoadOptions(argc, argv);
  bench::raiseFileLimit();
  if (options.mode == bench::Mode::kIdle) {
    bench::IdleLoad load(options);
    load.serveCommands();
    return EXIT_SUCCESS;
  }
  bench::TrafficLoad load(options);
  bench::printReport(load.run(), bench::WatchedFiles(options.watched));
  return EXIT_SUCCESS;
}
