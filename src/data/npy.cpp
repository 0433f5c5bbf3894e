// Reading and writing .npy. The header is a Python dictionary literal; the parser below knows just
// the three keys that NumPy writes.
#include "data/npy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "core/number.h"
#include "data/file.h"
#include "data/image.h"
#include "data/shape_text.h"

namespace signflip {
namespace {

static_assert(std::endian::native == std::endian::little,
              "values are copied as they lie in memory");

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  std::optional<std::string> type;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::size_t>> shape;
};

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, keys in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  /// Nothing where the text is not such a dictionary.
  std::optional<Header> parse() {
    Header header;
    if (!take('{')) return std::nullopt;
    while (!take('}')) {
      const auto key = string();
      if (!key || !take(':')) return std::nullopt;
      const bool read = (*key == "descr" && (header.type = string())) ||
                        (*key == "fortran_order" && (header.fortran_order = boolean())) ||
                        (*key == "shape" && (header.shape = tuple()));
      if (!read) return std::nullopt;
      if (!take(',')) {
        if (!take('}')) return std::nullopt;
        break;
      }
    }
    if (!header.type || !header.fortran_order || !header.shape) return std::nullopt;
    return header;
  }

 private:
  void skip_space() {
    const std::size_t n = rest_.find_first_not_of(" \n\t");
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }

  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_word(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<std::string> string() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"' && !take('"')) return std::nullopt;
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::optional<bool> boolean() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    return std::nullopt;
  }

  std::optional<std::vector<std::size_t>> tuple() {
    std::vector<std::size_t> values;
    if (!take('(')) return std::nullopt;
    while (!take(')')) {
      const auto value = number();
      if (!value || values.size() == 32) return std::nullopt;
      values.push_back(*value);
      if (!take(',')) {
        if (!take(')')) return std::nullopt;
        break;
      }
    }
    return values;
  }

  std::optional<std::size_t> number() {
    skip_space();
    std::size_t value = 0;
    std::size_t digits = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      if (digits == 18) return std::nullopt;
      value = value * 10 + static_cast<std::size_t>(rest_[digits++] - '0');
    }
    if (digits == 0) return std::nullopt;
    rest_.remove_prefix(digits);
    if (rest_.starts_with('L')) rest_.remove_prefix(1);  // as Python 2 wrote long integers
    return value;
  }

  std::string_view rest_;
};

/// Bytes per value of a type that is read here, 0 for all other types.
std::size_t value_size(std::string_view type) {
  if (type == "|u1") return 1;
  if (type == "<f4" || type == "<i4") return 4;
  return type == "<i8" ? 8 : 0;
}

/// The product, or nothing where it overflows.
std::optional<std::size_t> product(std::span<const std::size_t> factors, std::size_t first) {
  std::size_t value = first;
  for (const std::size_t factor : factors) {
    if (factor > 0 && value > std::numeric_limits<std::size_t>::max() / factor) return std::nullopt;
    value *= factor;
  }
  return value;
}

template <class T>
T value_at(std::span<const std::uint8_t> values, std::size_t index) {
  T value;
  std::memcpy(&value, values.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::vector<std::uint8_t> format(std::string_view type, std::span<const std::uint8_t> values,
                                 const std::vector<std::size_t>& shape) {
  std::string dimensions;
  for (const std::size_t dimension : shape) dimensions += std::to_string(dimension) + ", ";
  if (shape.size() > 1) dimensions.resize(dimensions.size() - 2);
  if (shape.size() == 1) dimensions.pop_back();  // (3,) as Python writes it
  std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" +
                       dimensions + "), }";
  // Spaces and a newline, so that the values begin at a multiple of 64.
  header.append(63 - (kMagic.size() + 4 + header.size()) % 64, ' ');
  header += '\n';

  std::string start(kMagic);
  start += {1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  start += header;
  std::vector<std::uint8_t> bytes(start.begin(), start.end());
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

template <class T>
std::span<const std::uint8_t> as_bytes(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace

bool looks_like_npy(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

namespace {

/// What the first bytes say.
struct Layout {
  std::string type;
  std::vector<std::size_t> shape;
  std::size_t start = 0;                ///< where values begin
  std::optional<std::size_t> expected;  ///< their bytes; nothing where memory cannot hold them
};

Result<Layout> parse_layout(std::span<const std::uint8_t> bytes, const std::string& who) {
  if (!looks_like_npy(bytes)) return Error{who + " is not an .npy file"};
  const Error truncated{who + " is truncated: its .npy header is incomplete"};
  if (bytes.size() < 10) return truncated;
  const int version = bytes[6];
  if (version < 1 || version > 3) {
    return Error{who + " has .npy version " + std::to_string(version) + "; 1 to 3 are read"};
  }
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_bytes) return truncated;
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i > 0; --i) length = length * 256 + bytes[7 + i];
  const auto body = bytes.subspan(8 + length_bytes);
  if (body.size() < length) return truncated;

  const std::string_view text(reinterpret_cast<const char*>(body.data()), length);
  const auto header = HeaderParser(text).parse();
  if (!header) return Error{who + " has an .npy header that cannot be read (a structured array?)"};
  const std::size_t size = value_size(*header->type);
  if (size == 0) {
    return Error{
        who + " holds values of type " + *header->type +
        "; only <f4, |u1, <i4 and <i8 are read (pixels by array.astype(numpy.float32), labels "
        "by array.astype(numpy.int64), say)"};
  }
  if (*header->fortran_order && header->shape->size() > 1) {
    return Error{who + " is in Fortran order; save numpy.ascontiguousarray(array) instead"};
  }
  return Layout{*header->type, *header->shape, 8 + length_bytes + length,
                product(*header->shape, size)};
}

}  // namespace

Result<std::size_t> npy_size(std::span<const std::uint8_t> beginning, std::string_view name) {
  const auto layout = parse_layout(beginning, std::string(name));
  if (!layout) return layout.error();
  return layout->start + std::min(layout->expected.value_or(kMaxFileBytes), kMaxFileBytes);
}

Result<NpyArray> parse_npy(std::span<const std::uint8_t> bytes, std::string_view name) {
  const std::string who(name);
  auto layout = parse_layout(bytes, who);
  if (!layout) return layout.error();
  NpyArray array{std::move(layout->type), std::move(layout->shape), bytes.subspan(layout->start)};
  if (layout->expected != array.values.size()) {
    return size_error(who, array.values.size(), "bytes of values", array.shape, layout->expected);
  }
  return array;
}

Result<Tensor> read_npy_images(std::span<const std::uint8_t> bytes, std::string_view name) {
  const std::string who(name);
  const auto array = parse_npy(bytes, name);
  if (!array) return array.error();
  const auto image = image_shape_of(array->shape, who);
  if (!image) return image.error();
  const std::size_t count = array->shape[0];

  std::vector<float> values(count * image->size());
  if (array->type == "|u1") {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = unit_pixel(array->values[i]);
  } else if (array->type == "<f4") {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float value = value_at<float>(array->values, i);
      if (!(value >= 0.0F && value <= 1.0F)) {
        return Error{who + " has the value " +
                     (std::isnan(value) ? "NaN" : number_text(static_cast<double>(value))) +
                     " in image " + std::to_string(i / image->size()) +
                     "; float pixels lie in [0,1] (divide by 255, or save unsigned bytes)"};
      }
      values[i] = value;
    }
  } else {
    return Error{who + " holds images of type " + array->type + "; pixels are <f4 or |u1"};
  }
  return Tensor(count, *image, std::move(values));
}

Result<std::vector<int>> parse_npy_labels(std::span<const std::uint8_t> bytes,
                                          std::string_view name) {
  const auto array = parse_npy(bytes, name);
  if (!array) return array.error();
  return npy_labels(*array, name);
}

Result<std::vector<int>> npy_labels(const NpyArray& array, std::string_view name) {
  const std::string who(name);
  if (array.shape.size() != 1) {
    return Error{who + " has shape " + shape_text(array.shape) + "; labels have one dimension"};
  }
  if (array.type == "<f4") {
    return Error{who + " holds labels of type <f4; labels are |u1, <i4 or <i8"};
  }
  std::vector<int> labels(array.shape[0]);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (array.type == "<i8") {
      const auto value = value_at<std::int64_t>(array.values, i);
      labels[i] = static_cast<int>(value);
      if (labels[i] != value) {
        return Error{who + " has the label " + std::to_string(value) + " at position " +
                     std::to_string(i) + ", which is out of range"};
      }
    } else {
      labels[i] = array.type == "<i4" ? value_at<std::int32_t>(array.values, i) : array.values[i];
    }
  }
  return labels;
}

std::vector<std::uint8_t> format_npy(std::span<const float> values,
                                     const std::vector<std::size_t>& shape) {
  return format("<f4", as_bytes(values), shape);
}

std::vector<std::uint8_t> format_npy(std::span<const std::int32_t> values,
                                     const std::vector<std::size_t>& shape) {
  return format("<i4", as_bytes(values), shape);
}

}  // namespace signflip
