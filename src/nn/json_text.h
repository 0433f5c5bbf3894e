// JSON as compact text.
#pragma once

#include <string>

#include "nn/json.h"

namespace signflip {

/// `json` in one line. Bytes that are no UTF-8, as paths and names of folders may hold, become
/// U+FFFD: the library's own dump() ends the process over them.
template <class AnyJson>
std::string json_text(const AnyJson& json) {
  return json.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

}  // namespace signflip
