// The JavaScript face of models and attacks, as raw as can be: values in, values or
// {error: sentence} out. The only file that translates names to camelCase. web/js/signflip.js turns
// errors into exceptions and documents the types.
#include <cctype>
#include <memory>

#include "core/softmax.h"
#include "wasm/bindings.h"
#include "wasm/session.h"

namespace {

using namespace signflip;

/// "stepSize" → "step-size".
std::string to_kebab(const std::string& name) {
  std::string kebab;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) kebab += '-';
    kebab += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return kebab;
}

/// "step-size" → "stepSize".
std::string to_camel(std::string_view name) {
  std::string camel;
  bool upper = false;
  for (const char c : name) {
    if (c == '-') {
      upper = true;
      continue;
    }
    camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return camel;
}

val describe(const ParameterSpec& spec) {
  constexpr const char* kKinds[] = {"real", "integer", "boolean", "choice"};
  val result = val::object();
  result.set("name", to_camel(spec.name));
  result.set("title", std::string(spec.title));
  result.set("kind", std::string(kKinds[static_cast<int>(spec.kind)]));
  result.set("min", spec.minimum);
  result.set("max", spec.maximum);
  result.set("help", std::string(spec.help));
  result.set("automatic", spec.automatic);
  if (spec.step != 0) result.set("step", spec.step);
  if (spec.slider != 0) result.set("slider", spec.slider);
  if (spec.kind == ParameterKind::boolean) {
    result.set("default", spec.fallback != 0);
  } else if (spec.kind == ParameterKind::choice) {
    val choices = val::array();
    for (const auto choice : spec.choices) choices.call<void>("push", std::string(choice));
    result.set("choices", choices);
    result.set("default", std::string(spec.choices[static_cast<std::size_t>(spec.fallback)]));
  } else {
    result.set("default", spec.fallback);
  }
  return result;
}

val attacks() {
  val list = val::array();
  for (const AttackEntry& attack : catalog()) {
    val entry = val::object();
    entry.set("name", std::string(attack.name));
    entry.set("title", std::string(attack.title));
    entry.set("paper", std::string(attack.paper));
    entry.set("norm", std::string(attack.norm));
    entry.set("family", std::string(family_name(attack.family)));
    entry.set("targeted", attack.targeted);
    entry.set("untargeted", attack.untargeted);
    entry.set("needsGradients", attack.needs_gradients);
    entry.set("summary", std::string(attack.summary));
    entry.set("cost", std::string(attack.cost));
    val parameters = val::array();
    for (const ParameterSpec& spec : attack.parameters) {
      parameters.call<void>("push", describe(spec));
    }
    entry.set("parameters", parameters);
    list.call<void>("push", entry);
  }
  return list;
}

class Model {
 public:
  explicit Model(Session session) : session_(std::move(session)) {}

  val describe() const {
    const Architecture& architecture = session_.network().architecture();
    val shape = val::object();
    shape.set("height", architecture.input.height);
    shape.set("width", architecture.input.width);
    shape.set("channels", architecture.input.channels);
    val classes = val::array();
    for (const std::string& name : architecture.classes) classes.call<void>("push", name);
    val result = val::object();
    result.set("name", architecture.name);
    result.set("inputShape", shape);
    result.set("classes", classes);
    result.set("parameterCount", session_.network().parameters().size());
    result.set("multiplyAdds", static_cast<double>(session_.network().multiply_adds()));
    return result;
  }

  val denoised_by(const Model& denoiser) const {
    auto session = session_.behind(denoiser.session_);
    if (!session) return failure(session.error());
    val result = val::object();
    result.set("model", std::make_shared<Model>(std::move(*session)));
    return result;
  }

  val predict(const val& images) const {
    const auto found = session_.predict(emscripten::convertJSArrayToNumberVector<float>(images));
    if (!found) return failure(found.error());
    val result = val::object();
    result.set("logits", array(found->logits));
    result.set("probabilities", array(found->probabilities));
    result.set("labels", array(found->labels));
    return result;
  }

  val gradient(const val& images, const val& labels) const {
    const auto found = session_.gradient(emscripten::convertJSArrayToNumberVector<float>(images),
                                         emscripten::convertJSArrayToNumberVector<int>(labels));
    if (!found) return failure(found.error());
    val result = val::object();
    result.set("gradient", array(*found));
    return result;
  }

  /// `options`: attack, its parameters, seed, grayBox, judge (false: the images are only
  /// crafted, and nothing is said of them), onProgress(fraction) → false stops,
  /// onStep(image, step, loss, iterate).
  val attack(const val& options, const val& images, const val& labels, const val& targets) const {
    Session::AttackOptions request;
    const val entries = val::global("Object").call<val>("entries", options);
    const auto count = entries["length"].as<unsigned>();
    val on_progress = val::undefined(), on_step = val::undefined();
    for (unsigned i = 0; i < count; ++i) {
      const auto key = entries[i][0].as<std::string>();
      const val value = entries[i][1];
      if (value.isUndefined() || value.isNull()) continue;
      if (key == "attack") {
        request.name = value.call<std::string>("toString");
      } else if (key == "seed") {
        request.seed = static_cast<std::uint64_t>(value.as<double>());
      } else if (key == "grayBox") {
        request.gray_box = value.as<bool>();
      } else if (key == "judge") {
        request.judge = value.as<bool>();
      } else if (key == "onProgress") {
        on_progress = value;
      } else if (key == "onStep") {
        on_step = value;
      } else {
        request.parameters.emplace_back(to_kebab(key), value.call<std::string>("toString"));
      }
    }
    if (!on_progress.isUndefined()) {
      request.progress = [&](std::size_t done, std::size_t total) {
        const val answer = on_progress(static_cast<double>(done) / static_cast<double>(total));
        return !answer.isFalse();
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
        session_.attack(request, emscripten::convertJSArrayToNumberVector<float>(images),
                        emscripten::convertJSArrayToNumberVector<int>(labels),
                        emscripten::convertJSArrayToNumberVector<int>(targets));
    if (!outcome) return failure(outcome.error());
    const auto values = outcome->adversarial.values();
    val result = val::object();
    result.set("adversarial",
               val(typed_memory_view(values.size(), values.data())).call<val>("slice"));
    result.set("l0", array(outcome->l0));
    result.set("l2", array(outcome->l2));
    result.set("linf", array(outcome->linf));
    if (request.judge) add_judgement(*outcome, result);
    result.set("gradients", static_cast<double>(outcome->gradients));
    result.set("queries", static_cast<double>(outcome->queries));
    result.set("seconds", outcome->seconds);
    return result;
  }

 private:
  /// What the model says of the adversarial images.
  void add_judgement(const AttackOutcome& outcome, val& result) const {
    std::vector<float> probabilities = outcome.logits;
    const auto classes = static_cast<std::size_t>(session_.network().classes());
    for (std::size_t n = 0; n < outcome.predicted.size(); ++n) {
      const auto row = std::span(probabilities).subspan(n * classes, classes);
      softmax(std::span<const float>(row), row);
    }
    result.set("labels", array(outcome.predicted));
    result.set("labels8bit", array(outcome.predicted_8bit));
    result.set("success", array(outcome.success));
    result.set("loss", array(outcome.loss));
    result.set("logits", array(outcome.logits));
    result.set("probabilities", array(probabilities));
  }

  Session session_;
};

val load(const val& bytes) {
  const auto copy = emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes);
  auto session = Session::load(copy);
  if (!session) return failure(session.error());
  val result = val::object();
  result.set("model", std::make_shared<Model>(std::move(*session)));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip) {
  emscripten::function("attacks", &attacks);
  emscripten::function("loadModel", &load);
  emscripten::class_<Model>("Model")
      .smart_ptr<std::shared_ptr<Model>>("Model")
      .function("describe", &Model::describe)
      .function("denoisedBy", &Model::denoised_by)
      .function("predict", &Model::predict)
      .function("gradient", &Model::gradient)
      .function("attack", &Model::attack);
}
