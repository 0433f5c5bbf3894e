#include "partial_results.h"

#include "command.h"
#include "data/file.h"
#include "nn/json_difference.h"
#include "nn/json_text.h"

namespace signflip::cli {
namespace {

constexpr const char* kUnfinished = "unfinished";

/// The entries of a file that an interrupted run left; an empty list where it is of another kind.
Json unfinished_entries(const std::string& file) {
  Json none = Json::array();
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return none;
  const auto bytes = read_file(file);
  if (!bytes) return none;
  Json entries = parse_json({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (entries.is_object()) entries = Json::array({entries});
  if (!entries.is_array() || entries.empty()) return none;
  for (const Json& entry : entries) {
    if (!entry.is_object() || !entry.contains(kUnfinished)) return none;
    const Json& state = entry[kUnfinished];
    if (!state.is_object() || !state.contains("configuration") || !state.contains("images") ||
        !state["images"].is_array() || !entry.contains("results") || !entry["results"].is_array() ||
        entry["results"].size() < state["images"].size()) {
      return none;
    }
  }
  return entries;
}

}  // namespace

Result<PartialResults> PartialResults::open(const std::string& file, OrderedJson configuration,
                                            std::size_t models, bool restart) {
  PartialResults results;
  results.file_ = file;
  results.configuration_ = std::move(configuration);
  results.several_ = models > 1;
  results.found_ = Json::array();
  if (file.empty() || file == "-" || restart) return results;
  results.found_ = unfinished_entries(file);
  if (results.found_.empty()) return results;
  const std::string difference = first_difference(results.found_[0][kUnfinished]["configuration"],
                                                  parse_json(json_text(results.configuration_)));
  if (difference.empty()) return results;
  return Error{"--json is " + file + ", which holds an unfinished run of another kind: " +
               difference + "; go on with the same options, name another file, or give --restart"};
}

std::optional<PartialResults::Stored> PartialResults::stored(std::size_t model,
                                                             std::size_t row) const {
  if (model >= found_.size()) return {};
  const Json& images = found_[model][kUnfinished]["images"];
  if (row >= images.size()) return {};
  return Stored{found_[model]["results"][row], images[row]};
}

std::size_t PartialResults::stored_count() const {
  std::size_t count = 0;
  for (const Json& entry : found_) count += entry[kUnfinished]["images"].size();
  return count;
}

std::size_t PartialResults::count() const {
  std::size_t count = 0;
  for (const OrderedJson& images : images_) count += images.size();
  return count;
}

void PartialResults::begin(OrderedJson entry) {
  entry["results"] = OrderedJson::array();
  entries_.push_back(std::move(entry));
  images_.push_back(OrderedJson::array());
}

Status PartialResults::add(const OrderedJson& result, OrderedJson images) {
  entries_.back()["results"].push_back(result);
  images_.back().push_back(std::move(images));
  if (file_.empty() || file_ == "-") return {};
  std::vector<OrderedJson> finished = entries_;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i][kUnfinished] = {{"configuration", configuration_}, {"images", images_[i]}};
  }
  const OrderedJson unfinished = whole();
  entries_ = std::move(finished);
  const std::string text = json_text(unfinished) + "\n";
  return write_file_atomically(file_, text_bytes(text));
}

void PartialResults::add_summary(const OrderedJson& result) {
  entries_.back()["results"].push_back(result);
}

OrderedJson PartialResults::whole() const {
  if (!several_) return entries_[0];
  OrderedJson list = OrderedJson::array();
  for (const OrderedJson& entry : entries_) list.push_back(entry);
  return list;
}

Status PartialResults::finish() { return write_json(file_, whole()); }

}  // namespace signflip::cli
