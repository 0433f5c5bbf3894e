// Reading and writing of safetensors files.
#include "nn/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/concat.h"
#include "nn/half.h"
#include "nn/json.h"
#include "nn/json_text.h"
#include "nn/json_view.h"

namespace signflip {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

struct Dtype {
  std::string_view name;
  std::size_t bytes;
};

constexpr Dtype kDtypes[] = {{"F32", 4}, {"F16", 2}, {"I8", 1},  {"F64", 8}, {"BF16", 2},
                             {"I64", 8}, {"I32", 4}, {"I16", 2}, {"U8", 1},  {"U16", 2},
                             {"U32", 4}, {"U64", 8}, {"BOOL", 1}};

std::size_t dtype_bytes(std::string_view name) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.name == name) return dtype.bytes;
  }
  return 0;
}

constexpr std::uint64_t kMaximumElements = std::uint64_t{1} << 30;  // also fits 32-bit sizes

/// The tensor that a header entry describes, or why it cannot be one.
Result<StoredTensor> read_entry(const std::string& name, const JsonView& entry,
                                std::span<const std::uint8_t> data) {
  const auto bad = [&](const std::string& what) {
    return Error{concat("tensor ", name, " ", what)};
  };
  const JsonView dtype = entry["dtype"], shape = entry["shape"];
  const std::vector<JsonView> offsets = entry["data_offsets"].items();
  if (!dtype.is_string() || !shape.is_array() || offsets.size() != 2) {
    return bad("needs a dtype, a shape and two data_offsets");
  }
  StoredTensor tensor;
  tensor.name = name;
  tensor.dtype = dtype.string();
  std::uint64_t elements = 1;
  for (const JsonView& side : shape.items()) {
    const auto value = side.whole();
    if (!value) return bad("has a shape that is not whole numbers");
    if (*value > kMaximumElements ||
        elements * std::max<std::uint64_t>(*value, 1) > kMaximumElements) {
      return bad("has an impossibly large shape");
    }
    elements *= *value;
    tensor.shape.push_back(static_cast<std::size_t>(*value));
  }
  const auto begin = offsets[0].whole(), end = offsets[1].whole();
  if (!begin || !end) return bad("has data_offsets that are not whole numbers");
  const std::uint64_t first = *begin, last = *end;
  if (first > last || last > data.size()) {
    return bad(concat("lies at bytes ", first, " to ", last, " of the data, but the file holds ",
                      data.size()));
  }
  const std::size_t width = dtype_bytes(tensor.dtype);
  if (width == 0) return bad(concat("has the unknown dtype ", tensor.dtype));
  if (last - first != elements * width) {
    return bad(
        concat("has ", last - first, " bytes, expected ", elements * width, " for its shape"));
  }
  tensor.bytes =
      data.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
  return tensor;
}

}  // namespace

std::size_t StoredTensor::size() const {
  std::size_t elements = 1;
  for (const std::size_t side : shape) elements *= side;
  return elements;
}

const StoredTensor* Safetensors::find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const StoredTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

namespace {

/// The header's text, or why there is none.
Result<std::string_view> header_text(std::span<const std::uint8_t> bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) {
    return Error{concat("it has ", bytes.size(), " bytes, expected at least 8")};
  }
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > kMaximumHeader) {
    return Error{
        concat("its header should be ", length, " bytes long, expected at most ", kMaximumHeader)};
  }
  if (length > bytes.size() - sizeof length) {
    return Error{concat("its header should be ", length, " bytes long, but only ",
                        bytes.size() - sizeof length, " follow")};
  }
  return std::string_view(reinterpret_cast<const char*>(bytes.data()) + sizeof length,
                          static_cast<std::size_t>(length));
}

Error unreadable(std::string_view name, const std::string& what) {
  return Error{concat(name, " is not a readable model file: ", what)};
}

}  // namespace

Result<std::size_t> safetensors_size(std::span<const std::uint8_t> beginning,
                                     std::string_view name) {
  const auto text = header_text(beginning);
  if (!text) return unreadable(name, text.error().message);
  const JsonView header(*text);
  if (!header.is_object()) return unreadable(name, "its header is not a JSON object");
  std::uint64_t size = 0;
  for (const auto& [key, entry] : header.members()) {
    const std::vector<JsonView> offsets = entry["data_offsets"].items();
    if (!offsets.empty()) size = std::max(size, offsets.back().whole().value_or(0));
  }
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  return sizeof(std::uint64_t) + text->size() + static_cast<std::size_t>(std::min(size, kMost));
}

Result<Safetensors> parse_safetensors(std::span<const std::uint8_t> bytes, std::string_view name) {
  const auto bad = [&](const std::string& what) { return unreadable(name, what); };
  const auto text = header_text(bytes);
  if (!text) return bad(text.error().message);
  const auto data = bytes.subspan(sizeof(std::uint64_t) + text->size());
  const JsonView header(*text);
  if (!header.is_object()) return bad("its header is not a JSON object");

  Safetensors file;
  std::map<std::string, std::string> seen;
  for (const auto& [key, entry] : header.members()) {
    if (key == "__metadata__") {
      if (!entry.is_object()) return bad("its __metadata__ is not a JSON object");
      for (const auto& [field, value] : entry.members()) {
        if (!value.is_string()) return bad(concat("its metadata ", field, " is not a string"));
        file.metadata[field] = value.string();
      }
      continue;
    }
    if (!seen.emplace(key, "").second) return bad(concat("tensor ", key, " is there twice"));
    if (file.tensors.size() == kMaximumTensors) {
      return bad(concat("it has more than ", kMaximumTensors, " tensors"));
    }
    auto tensor = read_entry(key, entry, data);
    if (!tensor) return bad(tensor.error().message);
    file.tensors.push_back(std::move(*tensor));
  }
  const auto lies_before = [](const StoredTensor& a, const StoredTensor& b) {
    if (a.bytes.data() != b.bytes.data()) return a.bytes.data() < b.bytes.data();
    return a.bytes.size() < b.bytes.size();  // empty ones first
  };
  // Which takes a third of the code of std::sort in the module.
  std::make_heap(file.tensors.begin(), file.tensors.end(), lies_before);
  std::sort_heap(file.tensors.begin(), file.tensors.end(), lies_before);
  std::size_t covered = 0;
  for (const StoredTensor& tensor : file.tensors) {
    if (tensor.bytes.data() != data.data() + covered) {
      return bad(concat("tensor ", tensor.name, " overlaps another or leaves a gap before it"));
    }
    covered += tensor.bytes.size();
  }
  if (covered != data.size()) {
    return bad(
        concat("its tensors take ", covered, " bytes, but ", data.size(), " follow the header"));
  }
  return file;
}

Result<std::vector<float>> to_floats(const StoredTensor& tensor) {
  std::vector<float> values(tensor.size());
  if (tensor.dtype == "F32") {
    if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  } else if (tensor.dtype == "F16") {
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::uint16_t half = 0;
      std::memcpy(&half, tensor.bytes.data() + 2 * i, sizeof half);
      values[i] = half_to_float(half);
    }
  } else if (tensor.dtype == "I8") {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(static_cast<std::int8_t>(tensor.bytes[i]));
    }
  } else {
    return Error{
        concat("tensor ", tensor.name, " has dtype ", tensor.dtype, ", expected F32, F16 or I8")};
  }
  return values;
}

void SafetensorsWriter::add_metadata(std::string key, std::string value) {
  metadata_[std::move(key)] = std::move(value);
}

void SafetensorsWriter::add_f32(std::string name, std::vector<std::size_t> shape,
                                std::span<const float> values) {
  std::vector<std::uint8_t> bytes(values.size_bytes());
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  entries_.push_back({std::move(name), "F32", std::move(shape), std::move(bytes)});
}

void SafetensorsWriter::add_f16(std::string name, std::vector<std::size_t> shape,
                                std::span<const float> values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(2 * values.size());
  for (const float value : values) {
    const std::uint16_t half = float_to_half(value);
    bytes.push_back(static_cast<std::uint8_t>(half & 0xFFU));
    bytes.push_back(static_cast<std::uint8_t>(half >> 8));
  }
  entries_.push_back({std::move(name), "F16", std::move(shape), std::move(bytes)});
}

void SafetensorsWriter::add_i8(std::string name, std::vector<std::size_t> shape,
                               std::span<const std::int8_t> values) {
  std::vector<std::uint8_t> bytes(values.begin(), values.end());  // modulo 256: two's complement
  entries_.push_back({std::move(name), "I8", std::move(shape), std::move(bytes)});
}

std::vector<std::uint8_t> SafetensorsWriter::finish() const {
  // Wide types first, as Python's safetensors writes them: then each tensor is aligned, without
  // which PyTorch cannot view it.
  std::vector<const Entry*> ordered;
  for (const Entry& entry : entries_) ordered.push_back(&entry);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Entry* a, const Entry* b) {
    return dtype_bytes(a->dtype) > dtype_bytes(b->dtype);
  });
  OrderedJson header = OrderedJson::object();
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  std::size_t size = 0;
  for (const Entry* entry : ordered) {
    header[entry->name] = {{"dtype", entry->dtype},
                           {"shape", entry->shape},
                           {"data_offsets", {size, size + entry->bytes.size()}}};
    size += entry->bytes.size();
  }
  std::string text = json_text(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts at a multiple of 8
  const std::uint64_t length = text.size();
  std::vector<std::uint8_t> bytes(sizeof length + text.size() + size);
  std::memcpy(bytes.data(), &length, sizeof length);
  std::memcpy(bytes.data() + sizeof length, text.data(), text.size());
  auto to = bytes.begin() + static_cast<std::ptrdiff_t>(sizeof length + text.size());
  for (const Entry* entry : ordered) to = std::copy(entry->bytes.begin(), entry->bytes.end(), to);
  return bytes;
}

}  // namespace signflip
