#include "attack/runner.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <string>

#include "attack/geometry/norms.h"
#include "attack/geometry/pixels.h"
#include "attack/written_image.h"
#include "core/concat.h"
#include "core/model_input.h"

namespace signflip {
namespace {

Rows<const float> rows_of(const Tensor& images) {
  return {images.values(), images.image_shape().size()};
}

}  // namespace

Status check_attack(const DifferentiableModel& crafted_on, const DifferentiableModel& judged_on,
                    const AttackRequest& request, const Tensor& images, std::span<const int> labels,
                    std::span<const int> targets) {
  const AttackEntry* const attack = request.attack;
  if (attack == nullptr) return Error{"no attack was chosen"};
  if (request.parameters.specs().data() != attack->parameters.data()) {
    return Error{concat("the parameters belong to another attack than ", attack->name)};
  }
  const ImageShape shape = crafted_on.input_shape();
  const int classes = crafted_on.classes();
  if (judged_on.input_shape() != shape || judged_on.classes() != classes) {
    return Error{concat("the attacked model takes ", to_string(shape), " and has ", classes,
                        " classes, but the judging one takes ", to_string(judged_on.input_shape()),
                        " and has ", judged_on.classes())};
  }
  if (classes < 2) return Error{"a model with fewer than 2 classes cannot be attacked"};
  if (const Status s = check_images(images, shape, "attack"); !s) return s;
  if (const Status s = check_classes(labels, "label", "labels", images.count(), classes); !s) {
    return s;
  }
  if (targets.empty() ? !attack->untargeted() : !attack->targeted()) {
    return Error{concat("attack ", attack->name,
                        (targets.empty() ? " needs target classes" : " takes no target classes"))};
  }
  if (!targets.empty()) {
    if (const Status s = check_classes(targets, "target", "targets", images.count(), classes); !s) {
      return s;
    }
  }
  return check_pixels(images, crafted_on.bounds());
}

namespace {

/// What one worker keeps from shard to shard.
struct Worker {
  std::unique_ptr<Pass> attacker, judge;  // judge is empty where both models are the same
  RowBuffer<float> judged;                ///< the images, then the same in 8 bits
};

/// Everything that the shards share.
struct Run {
  const DifferentiableModel& crafted_on;
  const DifferentiableModel& judged_on;
  const AttackRequest& request;
  const Tensor& images;
  std::span<const int> labels, targets;
  const Progress& progress;
  AttackOutcome& outcome;
  std::vector<std::size_t> numbers;
  std::atomic<std::size_t> done{0}, gradients{0}, queries{0};
  std::atomic<bool> stopped{false};

  std::size_t total() const { return images.count() * kProgressPerImage; }
  void attack(std::size_t first, std::size_t count, Worker& worker, bool reports);
  /// Also notes how far the images went.
  void keep_budget(std::size_t first, std::size_t count);
  void judge(std::size_t first, std::size_t count, Worker& worker);
};

void Run::attack(std::size_t first, std::size_t count, Worker& worker, bool reports) {
  std::size_t told = 0;
  const std::function<bool(double)> tell = [&](double fraction) {
    const double units =
        std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count * kProgressPerImage);
    const std::size_t now = std::max(told, static_cast<std::size_t>(units));
    const std::size_t all = done.fetch_add(now - told) + now - told;
    told = now;
    if (reports && progress && !stopped && !progress(all, total())) stopped = true;
    return !stopped;
  };
  Shard shard{
      *worker.attacker,
      request.parameters,
      images.image_shape(),
      crafted_on.bounds(),
      count,
      rows_of(images).middle(first, count),
      labels.subspan(first, count),
      targets.empty() ? targets : targets.subspan(first, count),
      std::span<const std::size_t>(numbers).subspan(first, count),
      request.seed,
      Rows<float>(outcome.adversarial.values(), images.image_shape().size()).middle(first, count),
      Ticker(&tell),
      &request.observer,
      request.judge && &judged_on == &crafted_on};
  const std::size_t queries_before = worker.attacker->queries();
  const std::size_t gradients_before = worker.attacker->gradients();
  if (request.crafted) {
    request.crafted(shard);
  } else {
    request.attack->run(shard);
  }
  queries += worker.attacker->queries() - queries_before;
  gradients += worker.attacker->gradients() - gradients_before;
  if (stopped) return;
  keep_budget(first, count);
  if (request.judge) judge(first, count, worker);
  tell(1);
}

void Run::keep_budget(std::size_t first, std::size_t count) {
  // Minimum-norm attacks have no epsilon, but the box holds for them too: a ball as large as it.
  const Bounds bounds = crafted_on.bounds();
  const Parameters& parameters = request.parameters;
  const Family family = request.attack->family;
  const bool budget = family == Family::fixed_budget || family == Family::ensemble;
  const Norm norm = budget ? norm_from(norm_of(*request.attack, parameters)) : Norm::linf;
  const double epsilon = budget
                             ? parameters.real("epsilon")
                             : static_cast<double>(bounds.high) - static_cast<double>(bounds.low);
  const int channels = images.image_shape().channels;
  const Ball ball(rows_of(images).middle(first, count), norm, epsilon, bounds, Ball::Use::once);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t n = first + i;
    const std::span<const float> clean = images.image(n);
    const std::span<float> final = outcome.adversarial.image(n);
    Distances found = distances(clean, final);
    // Most attacks keep it themselves; what is not a number is in no box.
    const double length = norm == Norm::l2 ? found.l2 : found.linf;
    if (length > epsilon || !all_within(final, bounds)) {
      ball.project(i, final);
      found = distances(clean, final);
    }
    outcome.l0[n] = static_cast<float>(l0_distance(clean, final, channels));
    outcome.l2[n] = static_cast<float>(found.l2);
    outcome.linf[n] = static_cast<float>(found.linf);
  }
}

void Run::judge(std::size_t first, std::size_t count, Worker& worker) {
  Pass& pass = worker.judge ? *worker.judge : *worker.attacker;
  const Rows<const float> adversarial = rows_of(outcome.adversarial).middle(first, count);
  if (worker.judged.count() < 2 * count) {
    worker.judged = RowBuffer<float>(2 * count, adversarial.width());
  }
  const Rows<float> both = worker.judged.first(2 * count), rounded = both.middle(count, count);
  copy_row(adversarial.values(), both.first(count));
  for (std::size_t i = 0; i < count; ++i) {
    round_to_written(*request.attack, request.parameters, images.image(first + i), adversarial[i],
                     rounded[i]);
  }
  // Together where there is room, so that few images do not fetch the weights twice.
  const bool together = 2 * count <= pass.capacity();
  Rows<const float> logits = logits_of(pass, together ? both : both.first(count));
  copy_row(logits.first(count).values(),
           Rows<float>(outcome.logits, logits.width()).middle(first, count));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t n = first + i;
    const Goal goal{labels[n], targets.empty() ? -1 : targets[n]};
    outcome.predicted[n] = argmax(logits[i]);
    outcome.success[n] = reached(goal, logits[i]) ? 1 : 0;
    outcome.loss[n] = cross_entropy(logits[i], labels[n]);
  }
  logits = together ? logits.middle(count, count) : logits_of(pass, rounded);
  for (std::size_t i = 0; i < count; ++i) {
    outcome.predicted_8bit[first + i] = argmax(logits[i]);
  }
}

}  // namespace

Result<AttackOutcome> run_attack(const DifferentiableModel& crafted_on,
                                 const DifferentiableModel& judged_on, const AttackRequest& request,
                                 const Tensor& images, std::span<const int> labels,
                                 std::span<const int> targets, ThreadPool& pool,
                                 const Progress& progress) {
  const Status status = check_attack(crafted_on, judged_on, request, images, labels, targets);
  if (!status) return status.error();

  const std::size_t count = images.count();
  AttackOutcome outcome;
  outcome.adversarial = images;
  for (auto* values : {&outcome.l0, &outcome.l2, &outcome.linf}) values->resize(count);
  if (request.judge) {
    outcome.predicted.resize(count);
    outcome.predicted_8bit.resize(count);
    outcome.success.resize(count);
    outcome.loss.resize(count);
    outcome.logits.resize(count * static_cast<std::size_t>(crafted_on.classes()));
  }

  Run run{crafted_on, judged_on, request,
          images,     labels,    targets,
          progress,   outcome,   std::vector<std::size_t>(count)};
  std::iota(run.numbers.begin(), run.numbers.end(), request.first_image);

  // Black-box attacks try many candidates for one image at once, so they get room even for one;
  // others get it for judging a few images together with their 8-bit copies.
  const std::size_t room = request.judge ? 2 * count : count;
  const std::size_t capacity =
      request.attack->needs_gradients() ? std::min(room, kShardSize) : kShardSize;
  std::vector<Worker> workers(static_cast<std::size_t>(pool.threads()));
  const std::size_t shards = (count + kShardSize - 1) / kShardSize;
  pool.for_each(shards, [&](std::size_t index, int which) {
    if (run.stopped) return;
    Worker& worker = workers[static_cast<std::size_t>(which)];
    if (!worker.attacker) worker.attacker = crafted_on.new_pass(capacity);
    if (!worker.judge && &judged_on != &crafted_on) worker.judge = judged_on.new_pass(capacity);
    const std::size_t first = index * kShardSize;
    run.attack(first, std::min(kShardSize, count - first), worker, which == 0);
  });
  if (run.stopped) {
    return Error{concat("the attack ", request.attack->name, " was cancelled")};
  }
  if (progress) progress(run.total(), run.total());
  outcome.gradients = run.gradients;
  outcome.queries = run.queries;
  return outcome;
}

}  // namespace signflip
