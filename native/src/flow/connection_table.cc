#include "flow/connection_table.h"

#include <utility>

namespace sluice {

Connection* ConnectionTable::allocate() {
  if (free_.empty()) {
    const uint32_t first = capacity();
    if (first >= kMaxConnectionsPerWorker) return nullptr;
    chunks_.push_back(std::make_unique<Connection[]>(kConnectionChunk));
    for (uint32_t i = kConnectionChunk; i-- > 0;) {
      chunks_.back()[i].index = first + i;
      free_.push_back(first + i);
    }
  }
  Connection& connection = at(free_.back());
  free_.pop_back();
  ++active_;
  return &connection;
}

void ConnectionTable::release(Connection& connection) {
  const uint32_t index = connection.index;
  uint32_t generation = connection.generation + 1;
  if (generation >= kFirstReservedGeneration) generation = 1;
  connection = Connection{};
  connection.index = index;
  connection.generation = generation;
  free_.push_back(index);
  --active_;
}

Connection* ConnectionTable::find(uint32_t index, uint32_t generation) {
  if (index >= capacity()) return nullptr;
  Connection& connection = at(index);
  return connection.generation == generation && connection.phase != Phase::Free ? &connection
                                                                                : nullptr;
}

}  // namespace sluice
