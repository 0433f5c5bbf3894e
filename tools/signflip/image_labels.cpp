#include "image_labels.h"

#include <sstream>

#include "core/number.h"
#include "data/inputs.h"

namespace signflip::cli {

Result<std::vector<int>> labels_from(const std::string& option, const std::string& text,
                                     int classes, std::size_t count) {
  if (text.find_first_not_of("0123456789,") != std::string::npos) {
    return load_labels(text, classes, count);
  }
  std::vector<int> labels;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto value = parse_decimal(part);
    if (!value || *value >= classes) {
      return Error{option + " is " + text + ", expected a class from 0 to " +
                   std::to_string(classes - 1) + ", or a file"};
    }
    labels.push_back(static_cast<int>(*value));
  }
  if (text.ends_with(',')) return Error{option + " is " + text + ", which ends with a comma"};
  if (labels.size() == 1) return std::vector<int>(count, labels[0]);
  if (labels.size() == count) return labels;
  return Error{option + " is " + text + ", " + std::to_string(labels.size()) + " classes for " +
               std::to_string(count) + " images"};
}

}  // namespace signflip::cli
