// Which class each image is said to be of: by a file, or by numbers on the command line.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace signflip::cli {

/// Labels from a file; or where `text` is a whole number that class for every image, where it is a
/// list of them one for each. Errors name the `option`.
Result<std::vector<int>> labels_from(const std::string& option, const std::string& text,
                                     int classes, std::size_t count);

}  // namespace signflip::cli
