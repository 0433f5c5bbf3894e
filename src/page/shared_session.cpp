#include "page/shared_session.h"

#include "core/concat.h"

namespace signflip {
namespace {

constexpr double kPatchStep = 0.1;
/// A tenth of ε crosses the ball in twenty steps.
constexpr double kStepsAcrossRadius = 10;

Status check(const SharedSession::Options& options, ImageShape shape) {
  const double most = options.norm == Norm::linf || options.patch != 0 ? 1 : 100;
  if (!(options.step_size >= 0 && options.step_size <= most)) {
    return Error{concat("stepSize is ", options.step_size, ", expected 0 to ", most)};
  }
  if (options.patch != 0) return check_patch(options.patch, options.placing, shape);
  if (options.epsilon > 0 && options.epsilon <= most) return {};
  return Error{
      concat("epsilon is ", options.epsilon, ", expected a number above 0 and up to ", most)};
}

}  // namespace

Result<SharedSession> SharedSession::learn(const ModelSession& model, const Options& options,
                                           const std::vector<float>& images,
                                           const Progress& progress) {
  const auto tensor = model.to_tensor(images);
  if (!tensor) return tensor.error();
  const ImageShape shape = tensor->image_shape();
  const Status sensible = check(options, shape);
  if (!sensible) return sensible.error();
  const DifferentiableModel& judge = model.model();
  SharedSession session;
  session.seed_ = options.request.seed;
  if (options.patch != 0) {
    const double step = options.step_size > 0 ? options.step_size : kPatchStep;
    const auto make = [&](std::uint64_t seed) {
      return std::make_unique<Patch>(shape, options.patch, options.placing, step, judge.bounds(),
                                     seed);
    };
    // Learning starts from a random patch, so the other is one of another seed.
    session.learnt_ = make(session.seed_);
    session.random_ = make(session.seed_ + 1);
  } else {
    const double step =
        options.step_size > 0 ? options.step_size : options.epsilon / kStepsAcrossRadius;
    session.learnt_ = std::make_unique<UniversalPerturbation>(shape, options.norm, options.epsilon,
                                                              step, judge.bounds());
    session.random_ = std::make_unique<UniversalPerturbation>(UniversalPerturbation::noise(
        shape, options.norm, options.epsilon, judge.bounds(), session.seed_));
  }
  const auto clean = model.predict(images);
  if (!clean) return clean.error();
  ThreadPool pool(1);
  auto epochs = learn_shared(judge, options.request, *tensor, clean->labels, *session.learnt_, pool,
                             progress);
  if (!epochs) return epochs.error();
  session.epochs_ = std::move(*epochs);
  return session;
}

Result<SharedSession::Judged> SharedSession::judge(const ModelSession& model,
                                                   const std::vector<float>& images) const {
  const auto tensor = model.to_tensor(images);
  if (!tensor) return tensor.error();
  auto clean = model.predict(images);
  if (!clean) return clean.error();
  ThreadPool pool(1);
  return Judged{std::move(clean->labels),
                classes_under(model.model(), *learnt_, seed_, *tensor, pool),
                classes_under(model.model(), *random_, seed_, *tensor, pool)};
}

Result<std::vector<float>> SharedSession::changed(const ModelSession& model,
                                                  const std::vector<float>& images) const {
  const auto tensor = model.to_tensor(images);
  if (!tensor) return tensor.error();
  const Tensor made = changed_images(*learnt_, seed_, *tensor);
  return std::vector<float>(made.values().begin(), made.values().end());
}

}  // namespace signflip
