// The JavaScript face of models and attacks, as raw as can be: values in, values or
// {error: sentence} out. web/js/engine/signflip.js turns errors into
// exceptions and documents the types.
//
// Every use of a JavaScript value crosses the border and takes as long as a hundred pixels of an
// attack. So a model's methods cross it as rarely as can be: JavaScript lays down what the call is
// about (in a room that it asks for where the last one does not suit), calls, and copies what came
// of it (record) before it says release.
#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "core/softmax.h"
#include "wasm/bindings.h"
#include "wasm/session.h"

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

/// What the next call on a model is about. Text is laid down, too, instead of being an argument:
/// Embind keeps a function's arguments in one place, where a call from within the call (onProgress)
/// overwrites them before their memory is freed. All of it stays as it is until room() is asked for
/// another: JavaScript need not ask where a call is like the one before.
struct Laid {
  std::string text;
  std::vector<float> pixels;
  std::vector<int> classes;  ///< labels, then targets
} laid;

void room(const std::string& text, std::size_t pixels, std::size_t classes) {
  laid = {text, std::vector<float>(pixels), std::vector<int>(classes)};
}

// Where JavaScript puts the numbers. A view does not outlive a growth of the memory.
val pixels() { return val(typed_memory_view(laid.pixels.size(), laid.pixels.data())); }
val classes() { return val(typed_memory_view(laid.classes.size(), laid.classes.data())); }

/// The text up to the next '\0', which is taken off.
std::string_view next(std::string_view& text) {
  const std::string_view piece = text.substr(0, text.find('\0'));
  text.remove_prefix(std::min(piece.size() + 1, text.size()));
  return piece;
}

/// An attack's outcome as JavaScript wants it.
struct Attacked : AttackOutcome {
  Attacked(AttackOutcome outcome, int classes)
      : AttackOutcome(std::move(outcome)), probabilities(logits) {
    const auto size = static_cast<std::size_t>(classes);
    for (std::size_t first = 0; first < probabilities.size(); first += size) {
      const auto row = std::span(probabilities).subspan(first, size);
      softmax(std::span<const float>(row), row);
    }
  }

  std::vector<float> probabilities;  ///< N×K, empty where nothing was judged
  std::array<double, 2> figures = {static_cast<double>(gradients), static_cast<double>(queries)};
};

/// What the last call found, until JavaScript has copied it.
std::shared_ptr<const void> kept;

template <class T>
const T& keep(T found) {
  auto owned = std::make_shared<const T>(std::move(found));
  kept = owned;
  return *owned;
}

void release() { kept.reset(); }

/// The address and the length of each of these arrays, which are kept.
template <class... Arrays>
val record(const Arrays&... arrays) {
  static std::array<std::uint32_t, 2 * sizeof...(arrays)> places;
  auto place = places.begin();
  const auto add = [&](const auto& array) {
    *place++ = reinterpret_cast<std::uint32_t>(array.data());
    *place++ = static_cast<std::uint32_t>(array.size());
  };
  (add(arrays), ...);
  return val(typed_memory_view(places.size(), places.data()));
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

  val predict() const {
    auto found = session_.predict(laid.pixels);
    if (!found) return failure(found.error());
    const Session::Prediction& prediction = keep(std::move(*found));
    return record(prediction.logits, prediction.probabilities, prediction.labels);
  }

  val gradient() const {
    auto found = session_.gradient(laid.pixels, laid.classes);
    if (!found) return failure(found.error());
    return record(keep(std::move(*found)));
  }

  /// The text in the room: the attack, then its parameters' names and values, each ended by '\0'.
  /// The classes: the labels, then the targets. `judge` false: the images are only crafted, and
  /// nothing is said of them. Where they are functions: on_progress(fraction) → false stops,
  /// on_step(image, step, loss, iterate), a view that is good until it returns.
  val attack(std::size_t label_count, double seed, bool gray_box, bool judge,
             const val& on_progress, const val& on_step) const {
    Session::AttackOptions request;
    request.seed = static_cast<std::uint64_t>(seed);
    request.gray_box = gray_box;
    request.judge = judge;
    std::string_view text = laid.text;
    request.name = next(text);
    while (!text.empty()) {
      std::string name = to_kebab(next(text));
      request.parameters.emplace_back(std::move(name), next(text));
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
        on_step(image, step, loss, typed_memory_view(iterate.size(), iterate.data()));
      };
    }
    std::vector<int> labels = laid.classes;
    const std::vector<int> targets(labels.begin() + static_cast<std::ptrdiff_t>(label_count),
                                   labels.end());
    labels.resize(label_count);
    auto outcome = session_.attack(request, laid.pixels, std::move(labels), targets);
    if (!outcome) return failure(outcome.error());
    const Attacked& found = keep(Attacked(std::move(*outcome), session_.network().classes()));
    return record(found.adversarial.values(), found.l0, found.l2, found.linf, found.figures,
                  found.predicted, found.predicted_8bit, found.success, found.loss, found.logits,
                  found.probabilities);
  }

 private:
  Session session_;
};

val load(const val& bytes) {
  // Not a vector: it would be cleared first, byte by byte.
  const auto size = bytes["length"].as<std::size_t>();
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[size]);
  val(typed_memory_view(size, copy.get())).call<void>("set", bytes);
  auto session = Session::load({copy.get(), size});
  if (!session) return failure(session.error());
  val result = val::object();
  result.set("model", std::make_shared<Model>(std::move(*session)));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip) {
  emscripten::function("attacks", &attacks);
  emscripten::function("loadModel", &load);
  emscripten::function("room", &room);
  emscripten::function("pixels", &pixels);
  emscripten::function("classes", &classes);
  emscripten::function("release", &release);
  emscripten::class_<Model>("Model")
      .smart_ptr<std::shared_ptr<Model>>("Model")
      .function("describe", &Model::describe)
      .function("denoisedBy", &Model::denoised_by)
      .function("predict", &Model::predict)
      .function("gradient", &Model::gradient)
      .function("attack", &Model::attack);
}
