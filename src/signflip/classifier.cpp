#include "signflip/classifier.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "core/concat.h"
#include "page/model_session.h"

namespace signflip {
namespace {

std::vector<float> owned(std::span<const float> images) { return {images.begin(), images.end()}; }

/// The part of the predictions that is what the images should be.
double share(std::span<const int> predicted, std::span<const int> labels) {
  std::size_t right = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) right += predicted[n] == labels[n] ? 1U : 0U;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace

Classifier::Classifier(std::shared_ptr<const ModelSession> session)
    : session_(std::move(session)) {}

Result<Classifier> Classifier::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{concat(path, " could not be opened")};
  std::vector<std::uint8_t> bytes;
  const auto read_up_to = [&](std::size_t wanted) {
    while (bytes.size() < wanted && file) {
      const std::size_t had = bytes.size(), step = std::min(wanted - had, std::size_t{1} << 20);
      bytes.resize(had + step);
      file.read(reinterpret_cast<char*>(bytes.data() + had), static_cast<std::streamsize>(step));
      bytes.resize(had + static_cast<std::size_t>(file.gcount()));
    }
  };
  // No more than the file's own header calls for, and one byte that shows that there is more.
  read_up_to(ModelSession::kBeginning);
  if (const auto size = ModelSession::file_size(bytes)) read_up_to(*size + 1);
  if (file.bad()) return Error{concat(path, " could not be read")};
  return read(bytes, path);
}

Result<Classifier> Classifier::read(std::span<const std::uint8_t> bytes, const std::string& name) {
  auto session = ModelSession::load(bytes, name);
  if (!session) return session.error();
  if (session->network().architecture().classes.empty()) {
    return Error{concat(name, " is a denoiser, expected a model that names classes")};
  }
  return Classifier(std::make_shared<const ModelSession>(std::move(*session)));
}

int Classifier::height() const { return session_->network().input_shape().height; }
int Classifier::width() const { return session_->network().input_shape().width; }
int Classifier::channels() const { return session_->network().input_shape().channels; }

const std::vector<std::string>& Classifier::classes() const {
  return session_->network().architecture().classes;
}

Result<std::vector<float>> Classifier::logits(std::span<const float> images) const {
  auto prediction = session_->predict(owned(images));
  if (!prediction) return prediction.error();
  return std::move(prediction->logits);
}

Result<std::vector<int>> Classifier::predict(std::span<const float> images) const {
  auto prediction = session_->predict(owned(images));
  if (!prediction) return prediction.error();
  return std::move(prediction->labels);
}

Result<std::vector<float>> Classifier::gradient(std::span<const float> images,
                                                std::span<const int> labels) const {
  return session_->gradient(owned(images), labels);
}

Result<Attacked> Classifier::attack(const AttackCall& call, std::span<const float> images,
                                    std::span<const int> labels,
                                    std::span<const int> targets) const {
  if (labels.empty()) return Error{"attack needs the label of each image, found none"};
  ModelSession::AttackOptions options;
  options.name = call.name;
  options.parameters.assign(call.parameters.begin(), call.parameters.end());
  options.seed = call.seed;
  auto outcome = session_->attack(options, owned(images), {labels.begin(), labels.end()}, targets);
  if (!outcome) return outcome.error();
  Attacked result;
  const auto values = std::as_const(outcome->adversarial).values();
  result.images.assign(values.begin(), values.end());
  result.labels = std::move(outcome->predicted);
  result.success = std::move(outcome->success);
  result.l0 = std::move(outcome->l0);
  result.l2 = std::move(outcome->l2);
  result.linf = std::move(outcome->linf);
  return result;
}

Result<Evaluation> Classifier::evaluate(const AttackCall& call, std::span<const float> images,
                                        std::span<const int> labels) const {
  const auto clean = predict(images);
  if (!clean) return clean.error();
  const auto attacked = attack(call, images, labels);
  if (!attacked) return attacked.error();
  return Evaluation{labels.size(), share(*clean, labels), share(attacked->labels, labels)};
}

}  // namespace signflip
