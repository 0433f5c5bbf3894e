// What the bindings share. Only they know Embind.
//
// Arrays that go out are copies (slice), never views: a view of WASM memory silently becomes empty
// when the memory grows.
#pragma once

#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <vector>

#include "core/result.h"

namespace signflip {

using emscripten::typed_memory_view;
using emscripten::val;

template <class T>
val array(const std::vector<T>& values) {
  return val(typed_memory_view(values.size(), values.data())).template call<val>("slice");
}

inline val failure(const Error& error) {
  val result = val::object();
  result.set("error", error.message);
  return result;
}

}  // namespace signflip
