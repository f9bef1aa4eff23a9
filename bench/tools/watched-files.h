// Reads a set of small kernel files (a cgroup's CPU counter, /proc/stat, /proc/PID/net/snmp) at the
// very moment the measured window opens and closes, inside the process that times the window.
#pragma once

#include <string>
#include <vector>

#include "load-options.h"

namespace bench {

class WatchedFiles {
 public:
  explicit WatchedFiles(const std::vector<WatchedFile>& files) : files_(files) {}

  // A file that cannot be read has the empty text.
  std::vector<std::string> read() const;
  size_t size() const { return files_.size(); }
  const std::string& name(size_t index) const { return files_[index].name; }

 private:
  const std::vector<WatchedFile>& files_;
};

}  // namespace bench
