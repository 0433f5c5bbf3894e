#include "image_labels.h"

#include <sstream>

#include "core/exact/softmax.h"
#include "core/number.h"
#include "data/inputs.h"

namespace signflip::cli {

std::vector<int> classes_of(const DifferentiableModel& model, const Tensor& images) {
  std::vector<int> classes;
  const auto pass = model.new_pass(1);
  for (std::size_t n = 0; n < images.count(); ++n) {
    classes.push_back(argmax(pass->forward(images.image(n), 1)));
  }
  return classes;
}

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
  if (labels.size() == 1) return std::vector<int>(count, labels[0]);
  if (labels.size() == count) return labels;
  return Error{option + " is " + text + ", " + std::to_string(labels.size()) + " classes for " +
               std::to_string(count) + " images"};
}

}  // namespace signflip::cli
