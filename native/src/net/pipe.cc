#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace sluice {

Result<Pipe> Pipe::open(uint32_t wantedBytes) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return SysError{errno, "pipe2"};
  Fd readEnd(ends[0]);
  Fd writeEnd(ends[1]);
  // F_SETPIPE_SZ gives EPERM beyond fs.pipe-max-size or once the user holds fs.pipe-user-pages-soft
  // pages: ask for less.
  for (uint32_t bytes = wantedBytes; bytes > 64 * 1024; bytes /= 4) {
    if (fcntl(writeEnd.get(), F_SETPIPE_SZ, static_cast<int>(bytes)) >= 0) break;
  }
  // Past the soft limit new pipes silently have two pages: only the kernel's own answer counts.
  const int granted = fcntl(writeEnd.get(), F_GETPIPE_SZ);
  if (granted < 0) return SysError{errno, "fcntl(F_GETPIPE_SZ)"};
  return Pipe(std::move(readEnd), std::move(writeEnd), static_cast<uint32_t>(granted));
}

}  // namespace sluice
