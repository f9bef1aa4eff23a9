#include "flow/connection_table.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice {
namespace {

TEST(ConnectionTable, FindsAConnectionByIndexAndGenerationOnly) {
  ConnectionTable table;
  Connection* connection = table.allocate();
  ASSERT_NE(connection, nullptr);
  connection->phase = Phase::Reading;
  EXPECT_EQ(table.find(connection->index, connection->generation), connection);
  EXPECT_EQ(table.find(connection->index, connection->generation + 1), nullptr);
  EXPECT_EQ(table.find(connection->index + 1, connection->generation), nullptr) << "a free place";
  EXPECT_EQ(table.find(0xffffffff, connection->generation), nullptr);
}

TEST(ConnectionTable, GivesAReusedPlaceANewGenerationAndNothingOfTheOldState) {
  ConnectionTable table;
  Connection* first = table.allocate();
  ASSERT_NE(first, nullptr);
  first->phase = Phase::Relaying;
  first->tag = 7;
  first->direction[0].ended = true;
  const uint32_t index = first->index;
  const uint32_t generation = first->generation;
  table.release(*first);
  EXPECT_EQ(table.active(), 0U);
  EXPECT_EQ(table.find(index, generation), nullptr);
  const Connection* second = table.allocate();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->index, index);
  EXPECT_NE(second->generation, generation);
  EXPECT_EQ(second->tag, 0U);
  EXPECT_FALSE(second->direction[0].ended);
}

TEST(ConnectionTable, NeverUsesAGenerationThatThePollerReserves) {
  ConnectionTable table;
  Connection* connection = table.allocate();
  ASSERT_NE(connection, nullptr);
  connection->generation = ConnectionTable::kFirstReservedGeneration - 1;
  table.release(*connection);
  const Connection* next = table.allocate();
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->generation, 1U);
}

TEST(ConnectionTable, KeepsConnectionsInPlaceWhileItGrows) {
  ConnectionTable table;
  const Connection* first = table.allocate();
  std::set<uint32_t> indices;
  for (uint32_t i = 1; i < 3 * kConnectionChunk; ++i) {
    const Connection* next = table.allocate();
    ASSERT_NE(next, nullptr);
    indices.insert(next->index);
  }
  EXPECT_EQ(indices.size(), 3 * kConnectionChunk - 1);
  EXPECT_EQ(&table.at(first->index), first);
  EXPECT_EQ(table.active(), 3 * kConnectionChunk);
}

}  // namespace
}  // namespace sluice
