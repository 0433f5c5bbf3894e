#include "experiment.h"

#include <algorithm>

#include "data/file.h"
#include "nn/json_place.h"
#include "nn/json_view.h"

namespace signflip::cli {
namespace {

/// More models than a page shows.
constexpr std::size_t kMaximumModels = 100;
constexpr std::uint64_t kMaximumTarget = 1000000;  // the dataset has the last word

/// What an experiment says of a model.
const std::vector<std::string_view> kOfModel = {
    "model", "denoiser",      "transform",      "transform_gradient",     "gray_box",
    "from",  "from_denoiser", "from_transform", "from_transform_gradient"};
/// Of the experiment: the last five say what the page showed, for people.
const std::vector<std::string_view> kOfExperiment = {
    "experiment", "dataset",  "attack", "parameters", "seed",  "target",
    "models",     "signflip", "step",   "page",       "image", "results"};

/// The members of one experiment file, or of an object in it, each with its check.
class Reader {
 public:
  Reader(const std::filesystem::path& path, JsonView json) : path_(path), json_(json) {}

  Status text(const char* name, std::string& value) const {
    const JsonView member = json_[name];
    if (!member.valid()) return {};
    if (!member.is_string()) return wrong(name, member, "a text");
    value = member.string();
    return {};
  }

  Status whole(const char* name, std::optional<std::uint64_t>& value) const {
    const JsonView member = json_[name];
    if (!member.valid() || member.is_null()) return {};
    value = member.whole();
    if (!value) return wrong(name, member, "a whole number from 0");
    return {};
  }

  Status flag(const char* name, bool& value) const {
    const JsonView member = json_[name];
    if (!member.valid()) return {};
    value = member.shown() == "true";
    if (!value && member.shown() != "false") return wrong(name, member, "true or false");
    return {};
  }

  /// A model file: its path, found. The option of that name takes its place.
  Status file(const char* name, std::string& value) const {
    std::string given;
    const Status read = text(name, given);
    if (!read || given.empty()) return read;
    for (const auto& folder : {std::filesystem::path{}, path_.parent_path(), {"models"}}) {
      std::error_code unreadable;
      const auto candidate = folder / given;
      if (!std::filesystem::is_regular_file(candidate, unreadable)) continue;
      value = candidate.string();
      return {};
    }
    std::string option = name;
    std::replace(option.begin(), option.end(), '_', '-');
    return Error{path_.string() + " names the " + name + " " + given +
                 ", which is neither here nor beside it nor in models/: give --" + option};
  }

  Status model(ExperimentModel& value) const {
    for (const Status& status :
         {file("model", value.model), file("denoiser", value.front.denoiser),
          text("transform", value.front.transform),
          text("transform_gradient", value.front.transform_gradient), file("from", value.from),
          file("from_denoiser", value.from_front.denoiser),
          text("from_transform", value.from_front.transform),
          text("from_transform_gradient", value.from_front.transform_gradient),
          flag("gray_box", value.gray_box)}) {
      if (!status) return status;
    }
    if (value.gray_box && value.front.denoiser.empty() && value.front.transform.empty()) {
      return wrong("gray_box", json_["gray_box"], "a denoiser or transform beside it to ignore");
    }
    return {};
  }

  Status keys() const {
    std::vector<std::string_view> known = kOfExperiment;
    if (!json_["models"].valid()) known.insert(known.end(), kOfModel.begin(), kOfModel.end());
    return check_keys(path_.string(), json_, known);
  }

  Status models(std::vector<ExperimentModel>& values) const {
    const JsonView member = json_["models"];
    if (!member.valid()) return model(values.emplace_back());
    const std::vector<JsonView> entries = member.items();
    if (!member.is_array() || entries.empty() || entries.size() > kMaximumModels) {
      return wrong("models", member, "a list of 1 to 100 of them");
    }
    for (const JsonView& entry : entries) {
      if (!entry.is_object() || !entry["model"].is_string()) {
        return wrong("models", member, R"(objects, each with a "model")");
      }
      const Status known = check_keys(path_.string() + ", a model,", entry, kOfModel);
      if (!known) return known;
      const Status read = Reader(path_, entry).model(values.emplace_back());
      if (!read) return read;
    }
    return {};
  }

  Status parameters(std::vector<std::pair<std::string, std::string>>& values) const {
    const JsonView member = json_["parameters"];
    if (!member.valid()) return {};
    if (!member.is_object()) return wrong("parameters", member, "an object");
    for (const auto& [name, value] : member.members()) {
      if (value.is_object() || value.is_array() || value.is_null()) {
        return wrong(name.c_str(), value, "a number, a text, true or false");
      }
      const auto same = [&](const auto& other) { return other.first == name; };
      if (std::ranges::any_of(values, same)) return wrong(name.c_str(), value, "it once");
      values.emplace_back(name, value.is_string() ? value.string() : value.shown());
    }
    return {};
  }

 private:
  Error wrong(const char* name, const JsonView& found, const char* expected) const {
    return {path_.string() + " has \"" + name + "\": " + found.shown() + ", expected " + expected};
  }

  const std::filesystem::path& path_;
  JsonView json_;
};

}  // namespace

Result<Experiment> read_experiment(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kMaxTextBytes);
  if (!bytes) return bytes.error();
  const std::string text(bytes->begin(), bytes->end());
  const std::string malformed = json_error_place(text);
  const JsonView json(text);
  if (!json.is_object() || json["experiment"].whole() != std::uint64_t{1}) {
    return Error{
        path.string() +
        " is not an experiment: expected JSON with \"experiment\": 1, as the page saves it" +
        (malformed.empty() ? "" : " (it is no JSON from " + malformed + " on)")};
  }
  Experiment experiment;
  const Reader reader(path, json);
  std::optional<std::uint64_t> target;
  for (const Status& status :
       {reader.keys(), reader.text("dataset", experiment.dataset),
        reader.text("attack", experiment.attack), reader.models(experiment.models),
        reader.whole("seed", experiment.seed), reader.whole("target", target),
        reader.parameters(experiment.parameters)}) {
    if (!status) return status.error();
  }
  if (target && *target > kMaximumTarget) {
    return Error{path.string() + " has \"target\": " + std::to_string(*target) +
                 ", expected a class"};
  }
  if (target) experiment.target = static_cast<int>(*target);
  return experiment;
}

}  // namespace signflip::cli
