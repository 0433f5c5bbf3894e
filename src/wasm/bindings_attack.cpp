// Models, their attacks, and the catalogue of attacks.
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "core/exact/softmax.h"
#include "page/model_session.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

/// "stepSize" → "step-size".
std::string to_kebab(std::string_view name) {
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
    entry.set("targeted", attack.targeted());
    entry.set("untargeted", attack.untargeted());
    entry.set("needsGradients", attack.needs_gradients());
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

/// An attack's outcome as JavaScript gets it.
struct AttackResults : AttackOutcome {
  AttackResults(AttackOutcome outcome, int classes)
      : AttackOutcome(std::move(outcome)), probabilities(logits) {
    const auto size = static_cast<std::size_t>(classes);
    for (std::size_t first = 0; first < probabilities.size(); first += size) {
      const auto row = std::span(probabilities).subspan(first, size);
      softmax(std::span<const float>(row), row);
    }
  }

  std::vector<float> probabilities;  ///< N×K, empty where nothing was judged
  std::array<double, 2> counts = {static_cast<double>(gradients), static_cast<double>(queries)};
};

val describe_model(const ModelSession& session) {
  const Architecture& architecture = session.network().architecture();
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
  result.set("parameterCount", session.network().parameters().size());
  result.set("multiplyAdds", static_cast<double>(session.network().multiply_adds()));
  return result;
}

/// Reads the attack's name and its parameters from the buffer's text: names and values, each ended
/// by '\0'.
ModelSession::AttackOptions options_in(const CallBuffer& buffer) {
  ModelSession::AttackOptions options;
  std::string_view text = buffer.text();
  options.name = take_text(text);
  while (!text.empty()) {
    std::string name = to_kebab(take_text(text));
    options.parameters.emplace_back(std::move(name), take_text(text));
  }
  return options;
}

val load_model_file(const val& bytes) {
  // Not a vector: it would be cleared first, byte by byte.
  const auto size = bytes["length"].as<std::size_t>();
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[size]);
  val(typed_memory_view(size, copy.get())).call<void>("set", bytes);
  return wrapped<ModelSession>("model", ModelSession::load({copy.get(), size}));
}

val denoised_by(const ModelSession& classifier, const ModelSession& denoiser) {
  return wrapped<ModelSession>("model", classifier.behind(denoiser));
}

/// Floats: images. → logits, probabilities, labels.
val predict(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.results(
      session.predict(buffer.floats()), [](const ModelSession::Prediction& prediction) {
        return std::tie(prediction.logits, prediction.probabilities, prediction.labels);
      });
}

/// Floats: images; integers: labels. → gradient.
val gradient(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.values(session.gradient(buffer.floats(), buffer.integers()));
}

/// Text: the attack and its parameters. Floats: images. Integers: labels, then targets. `judge`
/// false: the images are only crafted (attack/runner.h). Where they are functions:
/// on_progress(fraction) → false stops, on_step(image, step, loss, iterate), a view that is valid
/// until it returns.
val attack(const ModelSession& session, std::size_t label_count, std::size_t first_image,
           double seed, bool gray_box, bool judge, const val& on_progress, const val& on_step) {
  CallBuffer& buffer = CallBuffer::instance();
  ModelSession::AttackOptions options = options_in(buffer);
  options.seed = static_cast<std::uint64_t>(seed);
  options.first_image = first_image;
  options.gray_box = gray_box;
  options.judge = judge;
  if (!on_progress.isUndefined()) {
    options.progress = [&](std::size_t done, std::size_t total) {
      const val answer = on_progress(static_cast<double>(done) / static_cast<double>(total));
      return !answer.isFalse();
    };
  }
  if (!on_step.isUndefined()) {
    options.observer = [&](std::size_t image, int step, float loss,
                           std::span<const float> iterate) {
      on_step(image, step, loss, typed_memory_view(iterate.size(), iterate.data()));
    };
  }
  std::vector<int> labels = buffer.integers();
  const std::vector<int> targets(labels.begin() + static_cast<std::ptrdiff_t>(label_count),
                                 labels.end());
  labels.resize(label_count);
  auto outcome = session.attack(options, buffer.floats(), std::move(labels), targets);
  if (!outcome) return failure(outcome.error());
  return buffer.results(AttackResults(std::move(*outcome), session.network().classes()),
                        [](const AttackResults& found) {
                          return std::make_tuple(
                              found.adversarial.values(), std::span(found.l0), std::span(found.l2),
                              std::span(found.linf), std::span(found.counts),
                              std::span(found.predicted), std::span(found.predicted_8bit),
                              std::span(found.success), std::span(found.loss),
                              std::span(found.logits), std::span(found.probabilities));
                        });
}

/// Text: the attack and its parameters. Floats: a clean image, then the adversarial one. → its
/// bytes as integers.
val written(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  const auto& floats = buffer.floats();
  const auto half = floats.begin() + static_cast<std::ptrdiff_t>(floats.size() / 2);
  return buffer.values(
      session.written(options_in(buffer), {floats.begin(), half}, {half, floats.end()}));
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_attack) {
  emscripten::function("attacks", &attacks);
  emscripten::function("loadModel", &load_model_file);
  emscripten::class_<ModelSession>("Model")
      .smart_ptr<std::shared_ptr<ModelSession>>("Model")
      .function("describe", &describe_model)
      .function("denoisedBy", &denoised_by)
      .function("predict", &predict)
      .function("gradient", &gradient)
      .function("attack", &attack)
      .function("written", &written);
}
