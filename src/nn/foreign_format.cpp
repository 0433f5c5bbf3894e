#include "nn/foreign_format.h"

#include <algorithm>
#include <string>

namespace signflip {
namespace {

using namespace std::string_view_literals;

struct Beginning {
  std::string_view bytes, meaning;
};

constexpr Beginning kBeginnings[] = {
    {"PK\3\4"sv,
     "a zip archive, as PyTorch saves models (.pt, .pth): write its state_dict as safetensors"},
    {"\x80\2"sv, "a pickle, as old PyTorch saves models: write its state_dict as safetensors"},
    {"version https://git-lfs"sv, "a Git LFS pointer, not the file itself: run git lfs pull"},
    {"\x89HDF"sv, "HDF5, as Keras saves models"},
    {"\x93NUMPY"sv, "a NumPy array (.npy)"},
    {"\x1f\x8b"sv, "gzip: unpack it first"},
    {"\x89PNG"sv, "a PNG picture"},
    {"\xff\xd8\xff"sv, "a JPEG picture"},
    {"GGUF"sv, "GGUF, a format for language models"},
    {"<!DOCTYPE"sv, "an HTML page, perhaps of a site that wanted a login"},
    {"<!doctype"sv, "an HTML page, perhaps of a site that wanted a login"},
    {"<html"sv, "an HTML page, perhaps of a site that wanted a login"},
    {"{"sv, "JSON: an architecture without weights, or results"}};

/// Protocol buffers of ONNX begin with the version of the format, then the producer's name or the
/// versions of operators.
bool looks_like_onnx(std::string_view text) {
  constexpr std::string_view kNext = "\x12\x1a\x22\x3a\x42";
  return text.size() > 8 && text[0] == 8 && text[1] > 0 && text[1] < 32 &&
         kNext.find(text[2]) != std::string_view::npos;
}

}  // namespace

bool begins_as_safetensors(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.size() > 8 && text[8] == '{' && text.substr(4, 4) == "\0\0\0\0"sv;
}

std::string_view foreign_format(std::span<const std::uint8_t> bytes) {
  if (begins_as_safetensors(bytes)) return {};
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (looks_like_onnx(text)) return "ONNX: convert it to safetensors with our metadata";
  const std::size_t blanks = text.find_first_not_of(" \t\r\n");
  if (blanks == std::string_view::npos) return bytes.empty() ? "empty" : "blank";
  for (const auto& [beginning, meaning] : kBeginnings) {
    if (text.starts_with(beginning) || text.substr(blanks).starts_with(beginning)) return meaning;
  }
  return {};
}

}  // namespace signflip
