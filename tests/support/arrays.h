// NumPy's files for tests and fuzzing: .npy of bytes, and .npz archives of them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/gzip.h"

namespace signflip::test {

using Bytes = std::vector<std::uint8_t>;

/// An archive as NumPy writes it: stored, or deflated.
inline Bytes zip(const std::vector<std::pair<std::string, Bytes>>& files, bool deflated) {
  Bytes archive, directory;
  const auto put = [](Bytes& to, std::size_t value, int width) {
    for (int i = 0; i < width; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  for (const auto& file : files) {
    const std::string& name = file.first;  // clang 14 captures no structured bindings
    const Bytes& bytes = file.second;
    const Bytes gz = gzip(bytes);  // 10 bytes of header, deflate, checksum, size
    const Bytes packed = deflated ? Bytes(gz.begin() + 10, gz.end() - 8) : bytes;
    const std::size_t at = archive.size();
    const auto common = [&](Bytes& to) {
      put(to, 20, 2);
      put(to, 0, 2);
      put(to, deflated ? 8 : 0, 2);
      put(to, 0, 4);
      to.insert(to.end(), gz.end() - 8, gz.end() - 4);
      put(to, packed.size(), 4);
      put(to, bytes.size(), 4);
      put(to, name.size(), 2);
      put(to, 0, 2);
    };
    put(archive, 0x04034b50, 4);
    common(archive);
    archive.insert(archive.end(), name.begin(), name.end());
    archive.insert(archive.end(), packed.begin(), packed.end());
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    common(directory);
    put(directory, 0, 2);
    put(directory, 0, 2);
    put(directory, 0, 2);
    put(directory, 0, 4);
    put(directory, at, 4);
    directory.insert(directory.end(), name.begin(), name.end());
  }
  const std::size_t start = archive.size();
  archive.insert(archive.end(), directory.begin(), directory.end());
  put(archive, 0x06054b50, 4);
  put(archive, 0, 4);
  put(archive, files.size(), 2);
  put(archive, files.size(), 2);
  put(archive, directory.size(), 4);
  put(archive, start, 4);
  put(archive, 0, 2);
  return archive;
}

/// An .npy of bytes.
inline Bytes npy(const std::vector<std::size_t>& shape, const Bytes& values) {
  std::string sides;
  for (const std::size_t side : shape) sides += std::to_string(side) + ",";
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + sides + "), }";
  header.append(117 - header.size(), ' ');
  header += '\n';
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  for (const int byte : {1, 0, 118, 0}) bytes.push_back(static_cast<std::uint8_t>(byte));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

}  // namespace signflip::test
