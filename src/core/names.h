// Names of values: finding a value by its name, and lists of names for messages.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/concat.h"
#include "core/result.h"

namespace signflip {

/// "a, b and c", where name_of(item) is a text.
template <class Items, class NameOf>
std::string listed(const Items& items, NameOf name_of, std::string_view last_joint = " and ") {
  std::string list;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) list += i + 1 == items.size() ? last_joint : ", ";
    list += name_of(items[i]);
  }
  return list;
}

template <class T>
struct Named {
  T value;
  std::string_view name;
};

template <class T>
std::string listed(std::span<const Named<T>> names) {
  return listed(names, [](const Named<T>& known) { return known.name; });
}

/// The name of a value, which must have one.
template <class T>
std::string_view name_of(std::span<const Named<T>> names, T value) {
  std::size_t i = 0;
  while (names[i].value != value) ++i;
  return names[i].name;
}

/// The value of that name, or an error that lists the names. `what` they are of: "schedule".
template <class T>
Result<T> value_named(std::span<const Named<T>> names, std::string_view what,
                      std::string_view name) {
  for (const Named<T>& known : names) {
    if (known.name == name) return known.value;
  }
  return Error{concat("there is no ", what, " '", name, "'; known are ", listed(names))};
}

}  // namespace signflip
