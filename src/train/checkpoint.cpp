// Checkpoints.
#include "train/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/concat.h"
#include "data/file.h"
#include "nn/architecture_json.h"
#include "nn/json_difference.h"
#include "nn/json_text.h"
#include "nn/safetensors.h"

namespace signflip {
namespace {

constexpr const char* kIdentity = "signflip.checkpoint";
constexpr const char* kEpochs = "signflip.epochs";
constexpr const char* kSteps = "signflip.steps";
constexpr const char* kBest = "signflip.best";
constexpr const char* kChecksum = "signflip.sha256";

/// What must be the same for a run to be continued.
OrderedJson identity(const Trainer& trainer, const OrderedJson& circumstances) {
  OrderedJson json = circumstances;
  const OrderedJson config = to_json(trainer.config());
  json.update(config);
  json["network"] = architecture_to_json(trainer.network().architecture());
  json["data"] = OrderedJson::object();
  for (const auto& file : trainer.data().files) json["data"][file.name] = file.md5;
  return json;
}

std::string text_of(const Safetensors& stored, const char* key) {
  const auto found = stored.metadata.find(key);
  return found == stored.metadata.end() ? std::string() : found->second;
}

/// SHA-256 of all that the checkpoint says but this. A value that changed on a disk would else be
/// trained on: it is a number like any other.
std::string checksum_of(const Safetensors& stored) {
  std::string all;
  for (const auto& [key, value] : stored.metadata) {
    if (key != kChecksum) all += concat(key, "=", value, "\n");
  }
  for (const StoredTensor& tensor : stored.tensors) {
    all += concat(tensor.name, "=", sha256_hex(tensor.bytes), "\n");
  }
  return sha256_hex(text_bytes(all));
}

/// The epochs that are done, at most `epochs`; nothing where the file does not say.
std::optional<int> epochs_done(const Safetensors& stored, std::uint64_t epochs) {
  const Json done = parse_json(text_of(stored, kEpochs));
  if (!done.is_number_unsigned() || done.get<std::uint64_t>() > epochs) return {};
  return static_cast<int>(done.get<std::uint64_t>());
}

std::string called(const std::filesystem::path& file) { return "checkpoint " + file.string(); }

/// The file's bytes, no more than its header calls for.
Result<std::vector<std::uint8_t>> read_stored(const std::filesystem::path& file) {
  return read_file(file, [&](std::span<const std::uint8_t> beginning) {
    return safetensors_size(beginning, called(file));
  });
}

Error does_not_say(const std::string& name) { return {name + " does not say how far it came"}; }

/// The best epoch that a checkpoint holds; none where it does not fit.
BestEpoch read_best(const Safetensors& stored, const Sequential& network) {
  const Json said = parse_json(text_of(stored, kBest));
  const StoredTensor* const parameters = stored.find("best_parameters");
  const StoredTensor* const statistics = stored.find("best_statistics");
  const bool fits = said.is_object() && said.contains("epoch") && said.contains("score") &&
                    said["epoch"].is_number_unsigned() && said["score"].is_number() &&
                    parameters != nullptr && statistics != nullptr && parameters->dtype == "F32" &&
                    statistics->dtype == "F32" &&
                    parameters->size() == network.parameters().size() &&
                    statistics->size() == network.statistics().size();
  if (!fits) return {};
  return {.epoch = said["epoch"].get<int>(),
          .score = said["score"].get<double>(),
          .parameters = *to_floats(*parameters),
          .statistics = *to_floats(*statistics)};
}

}  // namespace

Status save_checkpoint(const std::filesystem::path& file, Trainer& trainer,
                       const OrderedJson& circumstances, const BestEpoch& best) {
  const Trainer::Snapshot snapshot = trainer.snapshot();
  SafetensorsWriter writer;
  writer.add_metadata(kIdentity, json_text(identity(trainer, circumstances)));
  writer.add_metadata(kEpochs, std::to_string(snapshot.epochs_done));
  writer.add_metadata(kSteps, std::to_string(snapshot.steps));
  const auto add = [&](const char* name, std::span<const float> values) {
    writer.add_f32(name, {values.size()}, values);
  };
  add("parameters", snapshot.parameters);
  add("statistics", snapshot.statistics);
  add("first_moment", snapshot.first_moment);
  add("second_moment", snapshot.second_moment);
  add("average", snapshot.average);
  add("method", snapshot.method);
  if (best.epoch > 0) {
    writer.add_metadata(kBest, OrderedJson{{"epoch", best.epoch}, {"score", best.score}}.dump());
    add("best_parameters", best.parameters);
    add("best_statistics", best.statistics);
  }
  const std::vector<std::uint8_t> without_checksum = writer.finish();
  writer.add_metadata(kChecksum, checksum_of(*parse_safetensors(without_checksum, called(file))));
  return write_file_atomically(file, writer.finish());
}

Status resume(const std::filesystem::path& file, Trainer& trainer, const OrderedJson& circumstances,
              BestEpoch* best) {
  const auto bytes = read_stored(file);
  if (!bytes) return bytes.error();
  return resume_from(*bytes, called(file), trainer, circumstances, best);
}

Status resume_from(std::span<const std::uint8_t> bytes, const std::string& name, Trainer& trainer,
                   const OrderedJson& circumstances, BestEpoch* best) {
  const auto stored = parse_safetensors(bytes, name);
  if (!stored) return stored.error();
  const Json run = parse_json(text_of(*stored, kIdentity));
  if (!run.is_object()) return Error{name + " does not say what run it is of"};
  const std::string difference =
      first_difference(run, parse_json(json_text(identity(trainer, circumstances))));
  if (!difference.empty()) return Error{name + " is of another run: " + difference};
  const auto epochs = epochs_done(*stored, static_cast<std::uint64_t>(trainer.config().epochs));
  const Json steps = parse_json(text_of(*stored, kSteps));
  if (!epochs || !steps.is_number_unsigned()) return does_not_say(name);
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
      return Error{concat(name, " cannot be resumed: its ", key,
                          " hold a value that is not a finite number")};
    }
    if (key == "second_moment" &&
        std::ranges::any_of(found.back(), [](float v) { return v < 0; })) {
      return Error{name + " cannot be resumed: its second_moment, a mean of squares, holds a " +
                   "negative value"};
    }
  }
  const std::string written = text_of(*stored, kChecksum);
  if (written.empty()) {
    return Error{name + " cannot be resumed: it has no checksum, as those of earlier versions"};
  }
  if (written != checksum_of(*stored)) {
    return Error{concat(name, " cannot be resumed: its contents do not have the checksum that was ",
                        "written with them, so the file was changed or damaged")};
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::ranges::copy(found[i], parts[i].second.begin());
  }
  if (best != nullptr) *best = read_best(*stored, trainer.network());
  trainer.restore(*epochs, steps.get<std::size_t>());
  return {};
}

Result<CheckpointState> read_checkpoint_state(const std::filesystem::path& file) {
  const auto bytes = read_stored(file);
  if (!bytes) return bytes.error();
  const auto stored = parse_safetensors(*bytes, called(file));
  if (!stored) return stored.error();
  const Json run = parse_json(text_of(*stored, kIdentity));
  if (!run.is_object() || !run.contains("epochs") || !run["epochs"].is_number_unsigned()) {
    return does_not_say(called(file));
  }
  const auto epochs = run["epochs"].get<std::uint64_t>();
  const auto done = epochs_done(*stored, epochs);
  if (!done) return does_not_say(called(file));
  return CheckpointState{*done, static_cast<int>(epochs)};
}

}  // namespace signflip
