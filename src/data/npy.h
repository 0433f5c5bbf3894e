// NumPy's .npy files: version 1, 2 and 3 in, version 1 out, little-endian and C order only. Not
// .npz, not object arrays. Layout of images is N×H×W×C, or N×H×W for one channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"

namespace signflip {

/// The contents of an .npy file, not yet interpreted. `values` points into the bytes given
/// to parse_npy() and has exactly the size that shape and type require.
struct NpyArray {
  std::string type;  // as NumPy writes it: <f4, |u1, <i4 or <i8
  std::vector<std::size_t> shape;
  std::span<const std::uint8_t> values;
};

bool looks_like_npy(std::span<const std::uint8_t> bytes);

/// How many bytes the file has that begins so; for read_file().
Result<std::size_t> npy_size(std::span<const std::uint8_t> beginning, std::string_view name);

/// `name` is what errors call the file, here and below.
Result<NpyArray> parse_npy(std::span<const std::uint8_t> bytes, std::string_view name);

/// Images: |u1 is divided by 255; <f4 must be finite and within [0,1].
Result<Tensor> read_npy_images(std::span<const std::uint8_t> bytes, std::string_view name);

/// Labels: one dimension of |u1, <i4 or <i8. Their range is the caller's to check.
Result<std::vector<int>> npy_labels(const NpyArray& array, std::string_view name);
Result<std::vector<int>> parse_npy_labels(std::span<const std::uint8_t> bytes,
                                          std::string_view name);

/// A whole .npy file of <f4 or <i4; the product of `shape` is the number of values.
std::vector<std::uint8_t> format_npy(std::span<const float> values,
                                     const std::vector<std::size_t>& shape);
std::vector<std::uint8_t> format_npy(std::span<const std::int32_t> values,
                                     const std::vector<std::size_t>& shape);

/// The same, written atomically; a Tensor as N×H×W×C, labels with one dimension.
Status write_npy(const std::filesystem::path& path, std::span<const float> values,
                 const std::vector<std::size_t>& shape);
Status write_npy(const std::filesystem::path& path, const Tensor& images);
Status write_npy(const std::filesystem::path& path, std::span<const int> labels);

}  // namespace signflip
