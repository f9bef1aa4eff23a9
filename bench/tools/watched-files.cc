#include "watched-files.h"

#include <fcntl.h>
#include <unistd.h>

#include "system.h"

namespace bench {
namespace {

constexpr size_t kMaxFileSize = 64 * 1024;

std::string readSmallFile(const std::string& path) {
  const OwnedFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(kMaxFileSize, '\0');
  size_t length = 0;
  while (file.get() >= 0 && length < kMaxFileSize) {
    const ssize_t count = ::read(file.get(), text.data() + length, kMaxFileSize - length);
    if (count <= 0) {
      break;
    }
    length += static_cast<size_t>(count);
  }
  text.resize(length);
  return text;
}

}  // namespace

std::vector<std::string> WatchedFiles::read() const {
  std::vector<std::string> texts;
  texts.reserve(files_.size());
  for (const WatchedFile& file : files_) {
    texts.push_back(readSmallFile(file.path));
  }
  return texts;
}

}  // namespace bench
