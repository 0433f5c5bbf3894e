#include "evaluate/saved_row.h"

#include <limits>
#include <string>

namespace signflip {
namespace {

template <class Member>
OrderedJson column(const EvaluationRow& row, Member ImageFigures::*member) {
  OrderedJson values = OrderedJson::array();
  for (const ImageFigures& image : row.images) values.push_back(image.*member);
  return values;  // numbers that are not finite become null
}

bool read_flag(const Json& value, bool& member) {
  if (value.is_boolean()) member = value.get<bool>();
  return value.is_boolean();
}

bool read_class(const Json& value, int classes, int& member) {
  if (!value.is_number_integer()) return false;
  const auto whole = value.get<std::int64_t>();
  if (whole != kNoClass && (whole < 0 || whole >= classes)) return false;
  member = static_cast<int>(whole);
  return true;
}

bool read_real(const Json& value, float& member) {
  if (value.is_null()) member = std::numeric_limits<float>::quiet_NaN();
  if (value.is_number()) member = value.get<float>();
  return value.is_null() || value.is_number();
}

bool read_count(const Json& result, const char* name, std::size_t& member) {
  if (!result.contains(name) || !result[name].is_number_unsigned()) return false;
  member = result[name].get<std::size_t>();
  return true;
}

/// Calls `read(value, image)` for each value of a column; false where one does not fit.
template <class Read>
bool read_column(const Json& images, const char* name, EvaluationRow& row, Read read) {
  if (!images.contains(name) || !images[name].is_array() ||
      images[name].size() != row.images.size()) {
    return false;
  }
  for (std::size_t n = 0; n < row.images.size(); ++n) {
    if (!read(images[name][n], row.images[n])) return false;
  }
  return true;
}

}  // namespace

OrderedJson images_to_json(const EvaluationRow& row) {
  return {{"predicted", column(row, &ImageFigures::predicted)},
          {"predicted_8bit", column(row, &ImageFigures::predicted_8bit)},
          {"success", column(row, &ImageFigures::success)},
          {"attacked", column(row, &ImageFigures::attacked)},
          {"loss", column(row, &ImageFigures::loss)},
          {"l0", column(row, &ImageFigures::l0)},
          {"l2", column(row, &ImageFigures::l2)},
          {"linf", column(row, &ImageFigures::linf)},
          {"confidence", column(row, &ImageFigures::confidence)}};
}

std::optional<EvaluationRow> restore_row(const AttackRequest* request, const Json& result,
                                         const Json& images, std::span<const int> labels,
                                         int classes) {
  if (!result.is_object() || !images.is_object()) return {};
  EvaluationRow row;
  row.images.resize(labels.size());
  const auto class_column = [&](const char* name, int ImageFigures::*member) {
    return read_column(images, name, row, [&](const Json& value, ImageFigures& image) {
      return read_class(value, classes, image.*member);
    });
  };
  const auto flag_column = [&](const char* name, bool ImageFigures::*member) {
    return read_column(images, name, row, [&](const Json& value, ImageFigures& image) {
      return read_flag(value, image.*member);
    });
  };
  const auto real_column = [&](const char* name, float ImageFigures::*member) {
    return read_column(images, name, row, [&](const Json& value, ImageFigures& image) {
      return read_real(value, image.*member);
    });
  };
  const bool fits = class_column("predicted", &ImageFigures::predicted) &&
                    class_column("predicted_8bit", &ImageFigures::predicted_8bit) &&
                    flag_column("success", &ImageFigures::success) &&
                    flag_column("attacked", &ImageFigures::attacked) &&
                    real_column("loss", &ImageFigures::loss) &&
                    real_column("l0", &ImageFigures::l0) && real_column("l2", &ImageFigures::l2) &&
                    real_column("linf", &ImageFigures::linf) &&
                    real_column("confidence", &ImageFigures::confidence) &&
                    read_count(result, "gradients", row.gradients) &&
                    read_count(result, "queries", row.queries) && result.contains("seconds") &&
                    result["seconds"].is_number();
  if (!fits) return {};
  row.seconds = result["seconds"].get<double>();
  complete_row(row, request, labels, classes);
  return row;
}

}  // namespace signflip
