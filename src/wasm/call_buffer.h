// The one crossing between JavaScript and the module for all calls that take or give arrays.
//
// Each use of a JavaScript value by Embind takes as long as a hundred pixels of an attack. So a
// call crosses as rarely as possible: JavaScript lays out the arguments (and asks for other memory
// only if the sizes or the text differ from the last call's), calls, and copies the results, whose
// addresses come back as one array. Then it releases them.
//
// Text is laid out, too, and is not an argument: Embind stores the arguments of a function in one
// place, which a call from within a call (onProgress) overwrites before their memory is freed.
#pragma once

#include <emscripten/val.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "wasm/bindings.h"

namespace signflip {

class CallBuffer {
 public:
  /// The module's only one.
  static CallBuffer& instance();

  /// Memory for the arguments of the next call. They stay until the next lay_out().
  void lay_out(std::string text, std::size_t floats, std::size_t integers);

  // The arguments as JavaScript laid them out.
  const std::string& text() const { return text_; }
  std::vector<float>& floats() { return floats_; }
  std::vector<int>& integers() { return integers_; }

  /// Keeps `results` until release() or the next results, and returns an array with the address and
  /// the length of each of the arrays that `arrays_of(results)` gives as a tuple. The array is
  /// valid until the next call.
  template <class Results, class ArraysOf>
  emscripten::val results(Results results, const ArraysOf& arrays_of) {
    auto owned = std::make_shared<const Results>(std::move(results));
    kept_ = owned;
    used_ = 0;
    std::apply([&](const auto&... arrays) { (add(arrays.data(), arrays.size()), ...); },
               arrays_of(*owned));
    return places();
  }

  /// The error in place of `results`, or results() of them.
  template <class Results, class ArraysOf>
  emscripten::val results(Result<Results> results, const ArraysOf& arrays_of) {
    if (!results) return failure(results.error());
    return this->results(std::move(*results), arrays_of);
  }

  /// The same for results that are one array.
  template <class Values>
  emscripten::val values(Result<Values> values) {
    return results(std::move(values), [](const Values& all) { return std::tie(all); });
  }

  /// Frees the results of the last call.
  void release() { kept_.reset(); }

 private:
  void add(const void* data, std::size_t size);
  emscripten::val places() const;

  std::string text_;
  std::vector<float> floats_;
  std::vector<int> integers_;
  std::shared_ptr<const void> kept_;
  std::array<std::uint32_t, 32> places_ = {};
  std::size_t used_ = 0;
};

/// Takes the text up to the next '\0' off the front of `text`.
std::string_view take_text(std::string_view& text);

}  // namespace signflip
