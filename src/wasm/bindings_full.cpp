// What the full module has beyond the first view's: transforms in front of a model, Grad-CAM, and
// one change for many images.
#include "page/shared_session.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

val transformed_by(const ModelSession& classifier, const std::string& transform,
                   const std::string& gradient) {
  return wrapped<ModelSession>("model", classifier.behind(transform, gradient));
}

/// Floats: images. → the same as the network gets them.
val seen_by_network(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.values(session.seen_by_network(buffer.floats()));
}

/// Floats: images; integers: classes. → maps, N×H×W.
val grad_cam(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.values(session.grad_cam(buffer.floats(), buffer.integers()));
}

/// {patch, row, column (−1: anywhere), rotation, smallest, largest, norm, epsilon, stepSize, target
/// (−1: none), epochs, batch, seed}. patch 0: a universal perturbation; stepSize 0: the usual one.
SharedSession::Options options_of(const val& given) {
  const auto number = [&](const char* name) { return given[name].as<double>(); };
  const auto whole = [&](const char* name) { return given[name].as<int>(); };
  SharedSession::Options options;
  const double step_size = number("stepSize");
  if (const int side = whole("patch"); side != 0) {
    PatchSettings& patch = options.change.emplace<PatchSettings>();
    patch.side = side;
    if (whole("row") >= 0) patch.placing.place = std::pair{whole("row"), whole("column")};
    patch.placing.rotation = number("rotation");
    patch.placing.smallest = number("smallest");
    patch.placing.largest = number("largest");
    if (step_size != 0) patch.step_size = step_size;
  } else {
    options.change =
        UniversalSettings{given["norm"].as<std::string>() == "l2" ? Norm::l2 : Norm::linf,
                          number("epsilon"), step_size};
  }
  if (whole("target") >= 0) options.request.target = whole("target");
  options.request.epochs = whole("epochs");
  options.request.batch = static_cast<std::size_t>(std::max(0, whole("batch")));
  options.request.seed = static_cast<std::uint64_t>(number("seed"));
  return options;
}

/// Floats: images to learn from. on_progress(fraction) → false stops. → {change}.
val learn_shared_change(const ModelSession& session, const val& options, const val& on_progress) {
  const auto told = [&](std::size_t done, std::size_t total) {
    return !on_progress(static_cast<double>(done) / static_cast<double>(total)).isFalse();
  };
  return wrapped<SharedSession>(
      "change",
      SharedSession::learn(session, options_of(options), CallBuffer::instance().floats(), told));
}

/// → values, losses and fooled fractions by epoch.
val describe_change(const SharedSession& change) {
  struct Description {
    std::span<const float> values;
    std::vector<double> losses, fooled;
  };
  Description found{change.values(), {}, {}};
  for (const SharedEpoch& epoch : change.epochs()) {
    found.losses.push_back(epoch.loss);
    found.fooled.push_back(epoch.fooled);
  }
  return CallBuffer::instance().results(std::move(found), [](const Description& all) {
    return std::tie(all.values, all.losses, all.fooled);
  });
}

/// Floats: images. → classes of the clean, the changed and the randomly changed images.
val judge_change(const SharedSession& change, const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.results(change.judge(session, buffer.floats()),
                        [](const SharedSession::Judged& judged) {
                          return std::tie(judged.clean, judged.changed, judged.random);
                        });
}

/// Floats: images. → changed images.
val changed_by(const SharedSession& change, const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.values(change.changed(session, buffer.floats()));
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_full) {
  emscripten::function("transformedBy", &transformed_by);
  emscripten::function("seenByNetwork", &seen_by_network);
  emscripten::function("gradCam", &grad_cam);
  emscripten::function("learnShared", &learn_shared_change);
  emscripten::class_<SharedSession>("SharedChange")
      .smart_ptr<std::shared_ptr<SharedSession>>("SharedChange")
      .function("describe", &describe_change)
      .function("judge", &judge_change)
      .function("changed", &changed_by);
}
