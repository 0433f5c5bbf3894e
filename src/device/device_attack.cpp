// Attacks of the catalogue on a device.
#include "device/device_attack.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "attack/geometry/norms.h"
#include "core/concat.h"
#include "device/plan.h"

namespace signflip::device {
namespace {

/// Images that the device takes at once: enough to fill it, few enough for any memory.
constexpr std::size_t kMostAtOnce = 2048;

/// Crafts, restart after restart, on what survived.
class Crafting {
 public:
  Crafting(Model& model, const DeviceAttack& attack, const AttackRequest& request,
           const Tensor& images, std::span<const int> labels, std::span<const int> targets)
      : model_(model),
        attack_(attack),
        request_(request),
        images_(images),
        labels_(labels),
        targets_(targets),
        crafted_(images) {}

  const Tensor& crafted() const { return crafted_; }
  std::size_t gradients() const { return gradients_; }
  std::size_t queries() const { return queries_; }

  Status run(std::size_t first, std::size_t count) {
    const bool random = attack_.start != DeviceAttack::Start::clean;
    const int rounds =
        random && request_.parameters.has("restarts") ? request_.parameters.integer("restarts") : 1;
    std::vector<std::size_t> active(count);
    std::iota(active.begin(), active.end(), first);
    std::vector<Verdict> kept(count, {0, -std::numeric_limits<double>::infinity()});
    for (int round = 0; round < rounds && !active.empty(); ++round) {
      const Status done = attempt(active, round, rounds);
      if (!done) return done;
      for (std::size_t slot = 0; slot < active.size(); ++slot) {
        Verdict& best = kept[active[slot] - first];
        const Verdict& verdict = verdicts_[slot];
        if (!verdict.success && round > 0 && !(verdict.score > best.score)) continue;
        best = verdict;
        const std::size_t size = images_.image_shape().size();
        std::copy_n(answers_.begin() + static_cast<std::ptrdiff_t>(slot * size), size,
                    crafted_.image(active[slot]).begin());
      }
      std::erase_if(active, [&](std::size_t n) { return kept[n - first].success != 0; });
    }
    return {};
  }

 private:
  Status attempt(const std::vector<std::size_t>& active, int round, int rounds) {
    const std::size_t size = images_.image_shape().size();
    clean_.clear();
    labels_now_.clear();
    targets_now_.clear();
    numbers_.clear();
    for (const std::size_t n : active) {
      const auto image = images_.image(n);
      clean_.insert(clean_.end(), image.begin(), image.end());
      labels_now_.push_back(labels_[n]);
      if (!targets_.empty()) targets_now_.push_back(targets_[n]);
      numbers_.push_back(request_.first_image + n);
    }
    answers_.resize(clean_.size());
    verdicts_.resize(active.size());
    AttackBatch victims{clean_, labels_now_, targets_now_, numbers_};
    victims.seed = request_.seed;
    victims.first_draw = static_cast<std::uint64_t>(round) * size;
    victims.epsilon = request_.parameters.real("epsilon");
    const auto steps = static_cast<std::size_t>(attack_.steps);
    gradients_ += active.size() * steps;
    queries_ += active.size() * (steps + (attack_.automatic || rounds > 1 ? 1 : 0));
    return model_.craft(attack_, victims, answers_, verdicts_);
  }

  Model& model_;
  const DeviceAttack& attack_;
  const AttackRequest& request_;
  const Tensor& images_;
  std::span<const int> labels_, targets_;
  Tensor crafted_;
  std::vector<float> clean_, answers_;
  std::vector<int> labels_now_, targets_now_;
  std::vector<std::uint64_t> numbers_;
  std::vector<Verdict> verdicts_;
  std::size_t gradients_ = 0, queries_ = 0;
};

}  // namespace

Result<DeviceAttack> device_attack(const AttackEntry& attack, const Parameters& parameters) {
  const std::string_view name = attack.name;
  const bool automatic = name == "apgd-ce" || name == "apgd-dlr";
  const bool climbs = name == "fgsm" || name == "bim" || name == "mim" || name == "pgd";
  if (!automatic && !climbs) {
    return Error{concat("attack ", name,
                        " does not run on a device, which knows fgsm, bim, mim, pgd, apgd-ce and "
                        "apgd-dlr: use --device cpu")};
  }
  if (norm_of(attack, parameters) != "linf") {
    return Error{concat("attack ", name, " has norm ", norm_of(attack, parameters),
                        ", but a device knows linf only: use --device cpu")};
  }
  DeviceAttack made;
  if (parameters.has("steps")) made.steps = parameters.integer("steps");
  if (automatic) {
    made.automatic = true;
    made.start = DeviceAttack::Start::surface;
    if (name == "apgd-dlr") made.loss = DeviceAttack::Loss::ratio;
    made.early_stop = parameters.boolean("early-stop");
    return made;
  }
  if (parameters.has("step-size")) made.step_size = parameters.real("step-size");
  made.step_share = (name == "pgd" ? 2.5 : 1.0) / made.steps;
  if (name == "pgd" && parameters.boolean("random-start")) {
    made.start = DeviceAttack::Start::uniform;
  }
  if (name == "mim") {
    made.momentum = true;
    made.decay = static_cast<float>(parameters.real("decay"));
  }
  return made;
}

Result<AttackOutcome> run_attack_on(Device& device, const Sequential& crafted_on,
                                    const DifferentiableModel& judged_on,
                                    const AttackRequest& request, const Tensor& images,
                                    std::span<const int> labels, std::span<const int> targets,
                                    ThreadPool& pool, const Progress& progress) {
  const Status checked = check_attack(crafted_on, judged_on, request, images, labels, targets);
  if (!checked) return checked.error();
  const auto attack = device_attack(*request.attack, request.parameters);
  if (!attack) return attack.error();
  const std::size_t count = images.count();
  std::size_t at_once = std::min(count, kMostAtOnce);
  auto model = device.new_model(make_plan(crafted_on), at_once);
  while (!model && at_once > 1) {  // too large for the device's memory?
    at_once = (at_once + 1) / 2;
    model = device.new_model(make_plan(crafted_on), at_once);
  }
  if (!model) return model.error();
  const Status set = (*model)->set_weights(crafted_on.parameters(), crafted_on.statistics());
  if (!set) return set.error();
  Crafting crafting(**model, *attack, request, images, labels, targets);
  for (std::size_t first = 0; first < count; first += at_once) {
    const Status crafted = crafting.run(first, std::min(at_once, count - first));
    if (!crafted) return crafted.error();
    if (progress && !progress(first * kProgressPerImage, count * kProgressPerImage)) {
      return Error{concat("the attack ", request.attack->name, " was cancelled")};
    }
  }
  AttackRequest judged = request;
  judged.crafted = [&](Shard& shard) {
    for (std::size_t i = 0; i < shard.count; ++i) {
      const auto answer = crafting.crafted().image(shard.numbers[i] - request.first_image);
      copy_row(answer, shard.adversarial[i]);
    }
  };
  auto outcome = run_attack(crafted_on, judged_on, judged, images, labels, targets, pool, progress);
  if (!outcome) return outcome;
  outcome->gradients = crafting.gradients();
  outcome->queries = crafting.queries();
  return outcome;
}

}  // namespace signflip::device
