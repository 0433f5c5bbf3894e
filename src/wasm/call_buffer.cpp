#include "wasm/call_buffer.h"

#include <emscripten/bind.h>

#include <algorithm>

namespace signflip {

using emscripten::typed_memory_view;
using emscripten::val;

CallBuffer& CallBuffer::instance() {
  static CallBuffer buffer;
  return buffer;
}

void CallBuffer::lay_out(std::string text, std::size_t floats, std::size_t integers) {
  text_ = std::move(text);
  floats_ = std::vector<float>(floats);
  integers_ = std::vector<int>(integers);
}

void CallBuffer::add(const void* data, std::size_t size) {
  places_[used_++] = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(data));
  places_[used_++] = static_cast<std::uint32_t>(size);
}

val CallBuffer::places() const { return val(typed_memory_view(used_, places_.data())); }

std::string_view take_text(std::string_view& text) {
  const std::string_view piece = text.substr(0, text.find('\0'));
  text.remove_prefix(std::min(piece.size() + 1, text.size()));
  return piece;
}

namespace {

void lay_out(const std::string& text, std::size_t floats, std::size_t integers) {
  CallBuffer::instance().lay_out(text, floats, integers);
}

// Views of the arguments' memory; a view does not outlive a growth of the memory.
val floats() {
  std::vector<float>& values = CallBuffer::instance().floats();
  return val(typed_memory_view(values.size(), values.data()));
}

val integers() {
  std::vector<int>& values = CallBuffer::instance().integers();
  return val(typed_memory_view(values.size(), values.data()));
}

void release() { CallBuffer::instance().release(); }

}  // namespace
}  // namespace signflip

EMSCRIPTEN_BINDINGS(signflip_call_buffer) {
  emscripten::function("callBufferLayOut", &signflip::lay_out);
  emscripten::function("callBufferFloats", &signflip::floats);
  emscripten::function("callBufferIntegers", &signflip::integers);
  emscripten::function("callBufferRelease", &signflip::release);
}
