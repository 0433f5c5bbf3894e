#include "page/shared_session.h"

namespace signflip {
namespace {

Result<SharedChanges> make(const UniversalSettings& settings, const DifferentiableModel& model,
                           std::uint64_t seed) {
  const Status sensible = check_universal(settings);
  if (!sensible) return sensible.error();
  return universal_changes(settings, model.input_shape(), model.bounds(), seed);
}

Result<SharedChanges> make(const PatchSettings& settings, const DifferentiableModel& model,
                           std::uint64_t seed) {
  const Status sensible = check_patch(settings, model.input_shape());
  if (!sensible) return sensible.error();
  return patch_changes(settings, model.input_shape(), model.bounds(), seed);
}

}  // namespace

Result<SharedSession> SharedSession::learn(const ModelSession& model, const Options& options,
                                           const std::vector<float>& images,
                                           const Progress& progress) {
  const auto tensor = model.to_tensor(images);
  if (!tensor) return tensor.error();
  const DifferentiableModel& judge = model.model();
  SharedSession session;
  session.seed_ = options.request.seed;
  auto changes = std::visit(
      [&](const auto& settings) { return make(settings, judge, session.seed_); }, options.change);
  if (!changes) return changes.error();
  session.changes_ = std::move(*changes);
  const auto clean = model.predict(images);
  if (!clean) return clean.error();
  ThreadPool pool(1);
  auto epochs = learn_shared(judge, options.request, *tensor, clean->labels,
                             *session.changes_.learnt, pool, progress);
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
                classes_under(model.model(), *changes_.learnt, seed_, *tensor, pool),
                classes_under(model.model(), *changes_.random, seed_, *tensor, pool)};
}

Result<std::vector<float>> SharedSession::changed(const ModelSession& model,
                                                  const std::vector<float>& images) const {
  const auto tensor = model.to_tensor(images);
  if (!tensor) return tensor.error();
  const Tensor made = changed_images(*changes_.learnt, seed_, *tensor);
  return std::vector<float>(made.values().begin(), made.values().end());
}

}  // namespace signflip
