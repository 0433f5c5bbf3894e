// The JavaScript face of TestedModel and Projection, as raw as bindings.cpp: values in, values or
// {error: sentence} out. web/js/engine/lab-worker.js is the only one who calls it.
#include <memory>

#include "wasm/bindings.h"
#include "wasm/projection.h"
#include "wasm/tested_model.h"

namespace {

using namespace signflip;

std::vector<float> floats(const val& values) {
  return emscripten::convertJSArrayToNumberVector<float>(values);
}

/// Pixels may come as bytes (0 … 255) or as floats (0 … 1).
Result<Tensor> images_of(const TestedModel& model, const val& images) {
  if (images.instanceof (val::global("Uint8Array"))) {
    return model.images(std::span<const std::uint8_t>(
        emscripten::convertJSArrayToNumberVector<std::uint8_t>(images)));
  }
  return model.images(floats(images));
}

class LabModel {
 public:
  explicit LabModel(TestedModel model) : model_(std::move(model)) {}

  val describe() const {
    const Architecture& architecture = model_.classifier().architecture();
    val result = val::object();
    result.set("classes", static_cast<int>(architecture.classes.size()));
    result.set("features", static_cast<int>(model_.feature_count()));
    result.set("parameterCount", model_.classifier().parameters().size());
    return result;
  }

  val read(const val& images) const {
    const auto tensor = images_of(model_, images);
    return tensor ? to_js(model_.read(*tensor)) : failure(tensor.error());
  }

  /// `options`: attack, parameters (kebab-case name, text, name, text …), first, seed,
  /// onProgress(fraction) → false stops, onStep(image, step, loss, iterate).
  val attack(const val& options, const val& images, const val& labels) const {
    const auto tensor = images_of(model_, images);
    if (!tensor) return failure(tensor.error());
    TestedModel::AttackOptions request;
    request.name = options["attack"].as<std::string>();
    const val parameters = options["parameters"];
    for (unsigned i = 0; i + 1 < parameters["length"].as<unsigned>(); i += 2) {
      request.parameters.emplace_back(parameters[i].as<std::string>(),
                                      parameters[i + 1].as<std::string>());
    }
    request.first_image = options["first"].as<std::size_t>();
    request.seed = static_cast<std::uint64_t>(options["seed"].as<double>());
    const val on_progress = options["onProgress"], on_step = options["onStep"];
    if (!on_progress.isUndefined()) {
      request.progress = [&](std::size_t done, std::size_t total) {
        return !on_progress(static_cast<double>(done) / static_cast<double>(total)).isFalse();
      };
    }
    if (!on_step.isUndefined()) {
      request.observer = [&](std::size_t image, int step, float loss,
                             std::span<const float> iterate) {
        on_step(image, step, loss,
                val(typed_memory_view(iterate.size(), iterate.data())).call<val>("slice"));
      };
    }
    const auto outcome =
        model_.attack(request, *tensor, emscripten::convertJSArrayToNumberVector<int>(labels));
    if (!outcome) return failure(outcome.error());
    const auto values = outcome->adversarial.values();
    val result = val::object();
    result.set("adversarial",
               val(typed_memory_view(values.size(), values.data())).call<val>("slice"));
    result.set("labels", array(outcome->predicted));
    result.set("l0", array(outcome->l0));
    result.set("l2", array(outcome->l2));
    result.set("linf", array(outcome->linf));
    return result;
  }

  val features(const val& images) const {
    const auto tensor = images_of(model_, images);
    if (!tensor) return failure(tensor.error());
    const auto found = model_.features(*tensor);
    if (!found) return failure(found.error());
    val result = val::object();
    result.set("features", array(*found));
    return result;
  }

  val plane(const val& image, int label, double seed) const {
    const auto tensor = images_of(model_, image);
    if (!tensor) return failure(tensor.error());
    const auto found = model_.plane(*tensor, label, static_cast<std::uint64_t>(seed));
    if (!found) return failure(found.error());
    val result = val::object();
    result.set("u", array(found->u));
    result.set("v", array(found->v));
    return result;
  }

  val slice(const val& image, const val& plane, const val& a, const val& b) const {
    const auto tensor = images_of(model_, image);
    if (!tensor) return failure(tensor.error());
    const auto reading =
        model_.slice(*tensor, {floats(plane["u"]), floats(plane["v"])}, floats(a), floats(b));
    return reading ? to_js(*reading) : failure(reading.error());
  }

 private:
  static val to_js(const TestedModel::Reading& reading) {
    val result = val::object();
    result.set("labels", array(reading.labels));
    result.set("confidences", array(reading.confidences));
    return result;
  }

  TestedModel model_;
};

/// `denoiser` may be empty.
val load_lab_model(const val& classifier, const val& denoiser) {
  auto model = TestedModel::load(emscripten::convertJSArrayToNumberVector<std::uint8_t>(classifier),
                                 emscripten::convertJSArrayToNumberVector<std::uint8_t>(denoiser));
  if (!model) return failure(model.error());
  val result = val::object();
  result.set("model", std::make_shared<LabModel>(std::move(*model)));
  return result;
}

class LabProjection {
 public:
  explicit LabProjection(Projection projection) : projection_(std::move(projection)) {}

  /// Each axis' share of what the projection shows (projection.h).
  val share() const { return array(std::vector<double>(projection_.share, projection_.share + 2)); }
  /// The mean and then the two axes: 3·D numbers, from which projectionOf() makes it again.
  val values() const {
    std::vector<double> all = projection_.mean;
    all.insert(all.end(), projection_.axes.begin(), projection_.axes.end());
    return array(all);
  }
  val project(const val& points) const { return array(projection_.project(floats(points))); }

 private:
  Projection projection_;
};

val fit(const std::string& kind, const val& points, const val& labels, int classes) {
  auto projection =
      fit_projection(kind == "pca" ? ProjectionKind::pca : ProjectionKind::lda, floats(points),
                     emscripten::convertJSArrayToNumberVector<int>(labels), classes);
  if (!projection) return failure(projection.error());
  val result = val::object();
  result.set("projection", std::make_shared<LabProjection>(std::move(*projection)));
  return result;
}

val projection_of(const val& values) {
  const auto all = emscripten::convertJSArrayToNumberVector<double>(values);
  if (all.empty() || all.size() % 3 != 0) {
    return failure(Error{"a map is its mean and two axes, all of one length"});
  }
  Projection projection;
  projection.dimensions = all.size() / 3;
  const auto axes = all.begin() + static_cast<std::ptrdiff_t>(projection.dimensions);
  projection.mean.assign(all.begin(), axes);
  projection.axes.assign(axes, all.end());
  val result = val::object();
  result.set("projection", std::make_shared<LabProjection>(std::move(projection)));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_model) {
  emscripten::function("loadLabModel", &load_lab_model);
  emscripten::function("fitProjection", &fit);
  emscripten::function("projectionOf", &projection_of);
  emscripten::class_<LabModel>("LabModel")
      .smart_ptr<std::shared_ptr<LabModel>>("LabModel")
      .function("describe", &LabModel::describe)
      .function("read", &LabModel::read)
      .function("attack", &LabModel::attack)
      .function("features", &LabModel::features)
      .function("plane", &LabModel::plane)
      .function("slice", &LabModel::slice);
  emscripten::class_<LabProjection>("LabProjection")
      .smart_ptr<std::shared_ptr<LabProjection>>("LabProjection")
      .function("share", &LabProjection::share)
      .function("values", &LabProjection::values)
      .function("project", &LabProjection::project);
}
