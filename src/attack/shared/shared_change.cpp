#include "attack/shared/shared_change.h"

#include <algorithm>
#include <numeric>

#include "core/batches.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/model_input.h"
#include "core/rows.h"

namespace signflip {
namespace {

Status check(const DifferentiableModel& model, const SharedRequest& request, const Tensor& images,
             std::span<const int> classes) {
  if (const Status s = check_images(images, model.input_shape(), "learn from"); !s) return s;
  if (const Status s = check_classes(classes, "class", "classes", images.count(), model.classes());
      !s) {
    return s;
  }
  if (request.epochs < 1)
    return Error{concat("epochs is ", request.epochs, ", expected 1 or more")};
  if (request.batch < 1) return Error{"batch is 0, expected 1 or more"};
  const int target = request.target.value_or(0);
  if (target < 0 || target >= model.classes()) {
    return Error{
        concat("target is ", target, ", expected a class from 0 to ", model.classes() - 1)};
  }
  return {};
}

bool is_fooled(int clean, int changed, std::optional<int> target) {
  return target ? changed == *target : changed != clean;
}

/// The sums over one shard's images.
struct ShardSums {
  double loss = 0;
  std::vector<double> gradient;
  FoolingFigures figures;
};

class Learning {
 public:
  Learning(const DifferentiableModel& model, const SharedRequest& request, const Tensor& images,
           std::span<const int> classes, SharedChange& change, ThreadPool& pool)
      : request_(request),
        images_(images),
        classes_(classes),
        change_(change),
        pool_(pool),
        passes_(model, pool, std::min(request.batch, images.count())),
        order_(images.count()) {
    std::iota(order_.begin(), order_.end(), 0U);
  }

  void begin_epoch(int epoch) {
    Rng rng(request_.seed, static_cast<std::uint64_t>(epoch));
    place_seed_ = rng.next();
    rng.shuffle(std::span(order_));
    total_ = {};
  }

  /// One minibatch and the step after it: images first … of the epoch's order.
  void step(std::size_t first, std::size_t count) {
    std::vector<ShardSums> sums((count + kShard - 1) / kShard);
    for_each_shard(count, pool_, [&](std::size_t begin, std::size_t size, int worker) {
      sums[begin / kShard] = look(
          std::span<const std::uint32_t>(order_).subspan(first + begin, size), passes_.of(worker));
    });
    std::vector<double> gradient(change_.values().size());
    for (const ShardSums& sum : sums) {
      for (std::size_t j = 0; j < gradient.size(); ++j) gradient[j] += sum.gradient[j];
      total_.loss += sum.loss;
      total_.figures.count += sum.figures.count;
      total_.figures.fooled += sum.figures.fooled;
    }
    change_.ascend(gradient);
  }

  SharedEpoch figures() const {
    return {total_.loss / static_cast<double>(images_.count()), total_.figures.rate()};
  }

 private:
  ShardSums look(std::span<const std::uint32_t> which, Pass& pass) const {
    RowBuffer<float> images(which.size(), images_.image_shape().size());
    RowBuffer<float> gradients(which.size(), images.width());
    RowBuffer<float> dlogits(which.size(), pass.classes());
    for (std::size_t i = 0; i < which.size(); ++i) {
      change_.apply(images_.image(which[i]), Rng(place_seed_, which[i]), images[i]);
    }
    const Rows<const float> logits(pass.forward(images.rows().values(), which.size()),
                                   pass.classes());
    ShardSums sums;
    sums.gradient.resize(change_.values().size());
    for (std::size_t i = 0; i < which.size(); ++i) {
      sums.loss += direction(classes_[which[i]], logits[i], dlogits[i]);
      const int changed[] = {argmax(logits[i])};
      const auto one = fooling(classes_.subspan(which[i], 1), changed, request_.target);
      sums.figures.count += one.count;
      sums.figures.fooled += one.fooled;
    }
    pass.input_gradient(dlogits.rows().values(), gradients.rows().values());
    for (std::size_t i = 0; i < which.size(); ++i) {
      change_.add_gradient(Rng(place_seed_, which[i]), gradients[i], sums.gradient);
    }
    return sums;
  }

  /// What is climbed, of one image, and its gradient.
  double direction(int clean, std::span<const float> logits, std::span<float> dlogits) const {
    const float loss = cross_entropy(logits, request_.target.value_or(clean));
    cross_entropy_gradient(logits, request_.target.value_or(clean), dlogits);
    if (request_.target) {
      for (float& d : dlogits) d = -d;
      return -static_cast<double>(loss);
    }
    if (loss < kLossCap) return static_cast<double>(loss);
    std::fill(dlogits.begin(), dlogits.end(), 0.0F);
    return static_cast<double>(kLossCap);
  }

  const SharedRequest& request_;
  const Tensor& images_;
  std::span<const int> classes_;
  SharedChange& change_;
  ThreadPool& pool_;
  ShardPasses passes_;
  std::vector<std::uint32_t> order_;
  std::uint64_t place_seed_ = 0;
  ShardSums total_;
};

/// Where changes lie while they are judged: at other places than in any epoch.
std::uint64_t judging_seed(std::uint64_t seed) {
  constexpr std::uint64_t kNotAnEpoch = ~std::uint64_t{0};
  return Rng(seed, kNotAnEpoch).next();
}

}  // namespace

FoolingFigures fooling(std::span<const int> clean, std::span<const int> changed,
                       std::optional<int> target) {
  FoolingFigures figures;
  for (std::size_t n = 0; n < clean.size(); ++n) {
    if (target && clean[n] == *target) continue;
    ++figures.count;
    if (is_fooled(clean[n], changed[n], target)) ++figures.fooled;
  }
  return figures;
}

Result<std::vector<SharedEpoch>> learn_shared(const DifferentiableModel& model,
                                              const SharedRequest& request, const Tensor& images,
                                              std::span<const int> classes, SharedChange& change,
                                              ThreadPool& pool, const Progress& progress) {
  const Status fits = check(model, request, images, classes);
  if (!fits) return fits.error();
  Learning learning(model, request, images, classes, change, pool);
  const std::size_t count = images.count();
  const std::size_t total = count * static_cast<std::size_t>(request.epochs);
  std::vector<SharedEpoch> epochs;
  for (int epoch = 0; epoch < request.epochs; ++epoch) {
    learning.begin_epoch(epoch);
    for (std::size_t first = 0; first < count; first += request.batch) {
      const std::size_t size = std::min(request.batch, count - first);
      learning.step(first, size);
      const std::size_t done = static_cast<std::size_t>(epoch) * count + first + size;
      if (progress && !progress(done, total)) return Error{"the search was cancelled"};
    }
    epochs.push_back(learning.figures());
  }
  return epochs;
}

std::vector<int> classes_under(const DifferentiableModel& model, const SharedChange& change,
                               std::uint64_t seed, const Tensor& images, ThreadPool& pool) {
  const std::uint64_t place_seed = judging_seed(seed);
  ShardPasses passes(model, pool, images.count());
  std::vector<int> classes(images.count());
  for_each_shard(images.count(), pool, [&](std::size_t first, std::size_t count, int worker) {
    RowBuffer<float> changed(count, images.image_shape().size());
    for (std::size_t i = 0; i < count; ++i) {
      change.apply(images.image(first + i), Rng(place_seed, first + i), changed[i]);
    }
    Pass& pass = passes.of(worker);
    const Rows<const float> logits(pass.forward(changed.rows().values(), count), pass.classes());
    for (std::size_t i = 0; i < count; ++i) classes[first + i] = argmax(logits[i]);
  });
  return classes;
}

Tensor changed_images(const SharedChange& change, std::uint64_t seed, const Tensor& images) {
  const std::uint64_t place_seed = judging_seed(seed);
  Tensor changed(images.count(), images.image_shape());
  for (std::size_t n = 0; n < images.count(); ++n) {
    change.apply(images.image(n), Rng(place_seed, n), changed.image(n));
  }
  return changed;
}

}  // namespace signflip
