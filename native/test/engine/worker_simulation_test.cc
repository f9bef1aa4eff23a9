// Random histories of many connections; see harness/simulation.h. SLUICE_SIMULATION_SEED replays
// one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "test/harness/simulation.h"

namespace sluice::test {
namespace {

TEST(WorkerSimulation, KeepsEveryByteAndEveryInvariantWhateverPeersAndJsDo) {
  constexpr uint32_t kSeeds = 12;
  constexpr int kActions = 1500;
  const char* chosen = std::getenv("SLUICE_SIMULATION_SEED");
  const auto first = static_cast<uint32_t>(chosen == nullptr ? 1 : std::stoul(chosen));
  const uint32_t last = chosen == nullptr ? kSeeds : first;
  for (uint32_t seed = first; seed <= last; ++seed) {
    Simulation simulation(seed);
    ASSERT_EQ(simulation.run(kActions), "") << "SLUICE_SIMULATION_SEED=" << seed;
  }
}

}  // namespace
}  // namespace sluice::test
