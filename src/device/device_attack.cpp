#include "device/device_attack.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "attack/rounds.h"
#include "core/concat.h"
#include "core/names.h"
#include "device/plan.h"

namespace signflip::device {
namespace {

/// Images that the device takes at once: enough to fill it, few enough for any memory.
constexpr std::size_t kMostAtOnce = 2048;

/// What the device did, in images.
struct Counts {
  std::size_t gradients = 0, queries = 0;
};

/// Attacks the images of a shard, which may be larger than the runner's.
Status craft(Model& model, const Climb& climb, Shard& shard, Counts& counts) {
  const int rounds = climb.start == Climb::Start::clean ? 1 : climb.restarts;
  const auto steps = static_cast<std::size_t>(climb.steps);
  Status status;
  run_rounds(shard, ActiveSet(shard.count), rounds,
             [&](Shard& inner, const ActiveSet&, int round, std::span<Verdict> verdicts) {
               AttackBatch batch;
               batch.images = inner.clean;
               batch.labels = inner.labels;
               batch.targets = inner.targets;
               batch.numbers = inner.numbers;
               batch.seed = inner.seed;
               batch.first_draw = static_cast<std::uint64_t>(round) * inner.image_size();
               batch.epsilon = inner.parameters.real("epsilon");
               counts.gradients += inner.count * steps;
               counts.queries += inner.count * (steps + (climb.automatic || rounds > 1 ? 1 : 0));
               status = model.craft(climb, batch, inner.adversarial, verdicts);
               return static_cast<bool>(status);
             });
  return status;
}

}  // namespace

Error not_for_devices(std::string_view attack) {
  std::vector<std::string_view> known;
  for (const AttackEntry& entry : catalog()) {
    if (entry.climb != nullptr) known.push_back(entry.name);
  }
  return {concat("attack ", attack, " does not run on a device, which runs ",
                 listed(known, [](std::string_view name) { return name; }),
                 ": use the device cpu")};
}

Result<Climb> device_climb(const AttackEntry& attack, const Parameters& parameters) {
  if (attack.climb == nullptr) return not_for_devices(attack.name);
  const Climb climb = attack.climb(parameters);
  if (climb.norm != Norm::linf) {
    return Error{concat("attack ", attack.name, " has norm ", norm_of(attack, parameters),
                        ", but a device runs linf only: use the device cpu")};
  }
  return climb;
}

Result<AttackOutcome> run_attack_on(Device& device, const Sequential& crafted_on,
                                    const DifferentiableModel& judged_on,
                                    const AttackRequest& request, const Tensor& images,
                                    std::span<const int> labels, std::span<const int> targets,
                                    ThreadPool& pool, const Progress& progress) {
  const Status checked = check_attack(crafted_on, judged_on, request, images, labels, targets);
  if (!checked) return checked.error();
  const auto climb = device_climb(*request.attack, request.parameters);
  if (!climb) return climb.error();
  const std::size_t count = images.count();
  std::size_t at_once = std::min(count, kMostAtOnce);
  const auto plan = make_plan(crafted_on);
  if (!plan) return plan.error();
  auto model = device.new_model(*plan, at_once);
  while (!model && at_once > 1) {  // too large for the device's memory?
    at_once = (at_once + 1) / 2;
    model = device.new_model(*plan, at_once);
  }
  if (!model) return model.error();
  const Status set = (*model)->set_weights(crafted_on.parameters(), crafted_on.statistics());
  if (!set) return set.error();
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), request.first_image);
  Tensor crafted = images;
  Counts counts;
  const std::size_t size = images.image_shape().size();
  const auto unused_pass = crafted_on.new_pass(1);  // the device asks the model
  for (std::size_t first = 0; first < count; first += at_once) {
    const std::size_t here = std::min(at_once, count - first);
    Shard shard{.pass = *unused_pass,
                .parameters = request.parameters,
                .shape = images.image_shape(),
                .bounds = crafted_on.bounds(),
                .count = here,
                .clean = Rows<const float>(images.values(), size).middle(first, here),
                .labels = labels.subspan(first, here),
                .targets = targets.empty() ? targets : targets.subspan(first, here),
                .numbers = std::span<const std::size_t>(numbers).subspan(first, here),
                .seed = request.seed,
                .adversarial = Rows<float>(crafted.values(), size).middle(first, here)};
    const Status done = craft(**model, *climb, shard, counts);
    if (!done) return done.error();
    if (progress && !progress(first * kProgressPerImage, count * kProgressPerImage)) {
      return Error{concat("the attack ", request.attack->name, " was cancelled")};
    }
  }
  AttackRequest judged = request;
  judged.crafted = [&](Shard& shard) {
    for (std::size_t i = 0; i < shard.count; ++i) {
      copy_row(crafted.image(shard.numbers[i] - request.first_image), shard.adversarial[i]);
    }
  };
  auto outcome = run_attack(crafted_on, judged_on, judged, images, labels, targets, pool, progress);
  if (!outcome) return outcome;
  outcome->gradients = counts.gradients;
  outcome->queries = counts.queries;
  return outcome;
}

}  // namespace signflip::device
