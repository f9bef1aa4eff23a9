// Many connections through one worker, each doing random things at random times, JavaScript among
// them; a ledger for every byte and invariants of the worker after every step. Everything follows
// from the seed, except what the kernel's timing adds.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "test/harness/byte_ledger.h"
#include "test/harness/worker_rig.h"

namespace sluice::test {

class Simulation {
 public:
  explicit Simulation(uint32_t seed);

  /// So many random actions, each followed by a step and the invariants; then everybody finishes in
  /// good order. The first thing that was wrong, or nothing.
  [[nodiscard]] std::string run(int actions);

 private:
  struct Line {
    TestSocket client;
    TestSocket server;
    ByteLedger up;
    ByteLedger down;
    bool isEcho = false;
    bool isSpoilt =
        false;  // somebody reset, closed early, or JS refused: only what arrived must be right
    bool hasClientFinished = false;
    bool hasServerFinished = false;
    explicit Line(uint32_t id) : up(id), down(id + 1000) {}
  };

  uint32_t below(uint32_t end) { return static_cast<uint32_t>(random_() % end); }
  void act();
  void openPair();
  void openClient();
  void actOn(Line& line);
  void write(TestSocket& from, ByteLedger& ledger);
  void read(Line& line);
  void playJs();
  void answer(const EventRecord& turn);
  void acceptServers();
  void matchServer(TestSocket& server);
  void finishAll();
  void finish(Line& line);
  [[nodiscard]] bool isOver(const Line& line) const;
  void checkInvariants();
  void checkConnection(Connection& connection);
  void complain(const std::string& what);

  static EngineOptions options();

  std::mt19937 random_;
  WorkerRig rig_;
  TestListener upstream_ = TestListener::tcp(1024);
  uint16_t port_ = 0;
  std::map<uint32_t, std::unique_ptr<Line>> lines_;
  std::vector<TestSocket> unmatched_;
  uint32_t nextId_ = 1;
  uint32_t slotsSeen_ = 0;
  std::string problem_;
};

}  // namespace sluice::test
