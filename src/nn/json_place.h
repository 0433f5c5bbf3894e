// Where a text stops being JSON, for errors about files that people write. (JsonView, which reads
// them, only says that it does.)
#pragma once

#include <string>
#include <string_view>

namespace signflip {

/// "line 3, column 7", from 1, columns in bytes; empty where the text is JSON.
std::string json_error_place(std::string_view text);

}  // namespace signflip
