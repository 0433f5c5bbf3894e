// What the bindings share. They only translate: values or {error: message} out, names in camelCase;
// web/js/engine/signflip.js makes exceptions of errors and documents the types. All that is more
// than translation is plain C++ in src/page and below, where native tests reach it.
//
// Arrays of calls on models travel through the call buffer (call_buffer.h). Others go out as
// copies, never as views: a view of the module's memory silently becomes empty when the memory
// grows.
#pragma once

#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/visible_text.h"

namespace signflip {

using emscripten::typed_memory_view;
using emscripten::val;

template <class T>
val array(const std::vector<T>& values) {
  return val(typed_memory_view(values.size(), values.data())).template call<val>("slice");
}

inline val failure(const Error& error) {
  val result = val::object();
  result.set("error", visible_text(error.message));
  return result;
}

/// {name: object}, or the error.
template <class Object, class Value>
val wrapped(const char* name, Result<Value> value) {
  if (!value) return failure(value.error());
  val result = val::object();
  result.set(name, std::make_shared<Object>(std::move(*value)));
  return result;
}

}  // namespace signflip
