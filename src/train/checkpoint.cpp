// Checkpoints.
#include "train/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/file.h"
#include "nn/architecture_json.h"
#include "nn/safetensors.h"

namespace signflip {
namespace {

/// What must be the same for a run to be continued.
std::string identity(const Trainer& trainer) {
  OrderedJson json = to_json(trainer.config());
  json["architecture"] = architecture_to_json(trainer.network().architecture());
  json["dataset"] = OrderedJson::object();
  for (const auto& file : trainer.data().files) json["dataset"][file.name] = file.md5;
  return json.dump();
}

/// The first key whose value differs, for the sentence.
std::string difference(const std::string& found, const std::string& expected) {
  const Json a = parse_json(found), b = parse_json(expected);
  if (!a.is_object()) return "its configuration is unreadable";
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) return "it says nothing of " + key;
    if (a[key] != value) {
      if (value.is_structured()) return "its " + key + " differs from this run's";
      return "its " + key + " is " + a[key].dump() + ", this run's is " + value.dump();
    }
  }
  return "it has options that this run has not";
}

}  // namespace

Status save_checkpoint(const std::filesystem::path& file, Trainer& trainer) {
  const Trainer::Snapshot snapshot = trainer.snapshot();
  SafetensorsWriter writer;
  writer.add_metadata("signflip.checkpoint", identity(trainer));
  writer.add_metadata("signflip.epochs", std::to_string(snapshot.epochs_done));
  writer.add_metadata("signflip.steps", std::to_string(snapshot.steps));
  const auto add = [&](const char* name, std::span<const float> values) {
    writer.add_f32(name, {values.size()}, values);
  };
  add("parameters", snapshot.parameters);
  add("statistics", snapshot.statistics);
  add("first_moment", snapshot.first_moment);
  add("second_moment", snapshot.second_moment);
  add("average", snapshot.average);
  add("method", snapshot.method);
  return write_file_atomically(file, writer.finish());
}

Status resume(const std::filesystem::path& file, Trainer& trainer) {
  const std::string name = "checkpoint " + file.string();
  const auto bytes = read_file(file);
  if (!bytes) return bytes.error();
  const auto stored = parse_safetensors(*bytes, name);
  if (!stored) return stored.error();
  const auto text = [&](const char* key) {
    const auto found = stored->metadata.find(key);
    return found == stored->metadata.end() ? std::string() : found->second;
  };
  const std::string expected = identity(trainer);
  if (text("signflip.checkpoint") != expected) {
    return Error{name + " is of another run: " + difference(text("signflip.checkpoint"), expected)};
  }
  const Json epochs = parse_json(text("signflip.epochs")),
             steps = parse_json(text("signflip.steps"));
  if (!epochs.is_number_unsigned() || !steps.is_number_unsigned() ||
      epochs.get<std::uint64_t>() > static_cast<std::uint64_t>(trainer.config().epochs)) {
    return Error{name + " does not say how far it came"};
  }
  const Trainer::Snapshot snapshot = trainer.snapshot();
  const std::pair<const char*, std::span<float>> parts[] = {
      {"parameters", snapshot.parameters},     {"statistics", snapshot.statistics},
      {"first_moment", snapshot.first_moment}, {"second_moment", snapshot.second_moment},
      {"average", snapshot.average},           {"method", snapshot.method}};
  for (const auto& [key, values] : parts) {
    const StoredTensor* const tensor = stored->find(key);
    if (tensor == nullptr || tensor->dtype != "F32" || tensor->size() != values.size()) {
      return Error{name + " lacks " + key + " of this network's size"};
    }
  }
  std::vector<std::vector<float>> found;  // all are looked at before one is taken over
  for (const auto& part : parts) {
    const std::string key = part.first;
    found.push_back(*to_floats(*stored->find(key)));
    if (!std::ranges::all_of(found.back(), [](float v) { return std::isfinite(v); })) {
      return Error{name + " cannot be resumed: its " + key +
                   " hold a value that is not a finite number"};
    }
    if (key == "second_moment" &&
        std::ranges::any_of(found.back(), [](float v) { return v < 0; })) {
      return Error{name + " cannot be resumed: its second_moment, a mean of squares, holds a " +
                   "negative value"};
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::ranges::copy(found[i], parts[i].second.begin());
  }
  trainer.restore(epochs.get<int>(), steps.get<std::size_t>());
  return {};
}

}  // namespace signflip
