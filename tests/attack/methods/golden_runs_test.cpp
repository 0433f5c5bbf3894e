// Whole runs of attacks against their definitions in PyTorch (tests/golden/make_attack_golden.py):
// the loss of every image that the attack asks the model about, in order, one image at a time.
#include <gtest/gtest.h>

#include "core/exact/softmax.h"
#include "nn/model_file.h"
#include "support/attacks.h"

namespace signflip::test {
namespace {

constexpr std::uint8_t kGolden[] = {
#include "golden/attack_runs.inc"
};

/// Another model that keeps the loss of each image that is sent through it, from one thread.
class Asked final : public DifferentiableModel {
 public:
  Asked(const DifferentiableModel& model, int label) : model_(model), label_(label) {}

  ImageShape input_shape() const override { return model_.input_shape(); }
  int classes() const override { return model_.classes(); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<AskedPass>(*this, model_.new_pass(capacity));
  }
  const std::vector<float>& losses() const { return losses_; }

 private:
  class AskedPass final : public Pass {
   public:
    AskedPass(const Asked& model, std::unique_ptr<Pass> pass)
        : model_(model), pass_(std::move(pass)) {}
    std::size_t classes() const override { return pass_->classes(); }
    std::size_t capacity() const override { return pass_->capacity(); }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      const auto logits = pass_->forward(images, count);
      for (std::size_t i = 0; i < count; ++i) {
        model_.losses_.push_back(
            cross_entropy(logits.subspan(i * classes(), classes()), model_.label_));
      }
      return logits;
    }
    void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
      pass_->input_gradient(dlogits, dx);
    }

   private:
    const Asked& model_;
    std::unique_ptr<Pass> pass_;
  };

  const DifferentiableModel& model_;
  int label_;
  mutable std::vector<float> losses_;
};

struct WholeRun {
  const char* name;  ///< of the tensors
  const char* attack;
  Settings settings;  ///< as in make_attack_golden.py
  bool targeted = false;
};

class GoldenRuns : public testing::TestWithParam<WholeRun> {};

TEST_P(GoldenRuns, AskTheModelTheSameQuestions) {
  const WholeRun& run = GetParam();
  const auto model = load_model(kGolden, "attack_runs");
  ASSERT_TRUE(model) << model.error().message;
  const auto file = parse_safetensors(kGolden, "attack_runs");
  ASSERT_TRUE(file);
  const auto values = [&](const std::string& name) { return *to_floats(*file->find(name)); };
  const std::string of = std::string_view(run.name).starts_with("inner.") ? "inner." : "";
  const std::vector<float> images = values("golden." + of + "images");
  const std::vector<float> labels = values("golden." + of + "labels");
  const ImageShape shape = model->network.input_shape();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    SCOPED_TRACE(i);
    const auto pixels = std::span(images).subspan(i * shape.size(), shape.size());
    const Tensor image(1, shape, {pixels.begin(), pixels.end()});
    const int label = static_cast<int>(labels[i]);
    const Asked asked(model->network, label);
    AttackRequest request = request_for(run.attack, run.settings, 7);
    request.first_image = i;
    request.judge = false;
    attack(asked, request, image, {label},
           run.targeted ? std::vector<int>{(label + 2) % 5} : std::vector<int>());
    const std::vector<float> expected =
        values("golden." + std::string(run.name) + "." + std::to_string(i));
    ASSERT_EQ(asked.losses().size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      // Single precision decides some steps differently by a hair; a fault shows by hundredths.
      ASSERT_NEAR(asked.losses()[k], expected[k], 2e-4) << "question " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenRuns,
    testing::Values(
        WholeRun{"apgd", "apgd-ce", {{"epsilon", "0.03"}, {"steps", "50"}}},
        WholeRun{"cw",
                 "cw",
                 {{"binary-search-steps", "3"},
                  {"steps", "40"},
                  {"learning-rate", "0.05"},
                  {"initial-const", "0.1"},
                  {"abort-early", "false"}}},
        WholeRun{"fab.l2", "fab", {{"norm", "l2"}, {"steps", "15"}, {"final-search", "0"}}},
        WholeRun{"fab.linf", "fab", {{"norm", "linf"}, {"steps", "15"}, {"final-search", "0"}}},
        WholeRun{"fab.drawn",
                 "fab",
                 {{"norm", "l2"}, {"steps", "15"}, {"final-search", "0"}, {"beta", "0.5"}}},
        WholeRun{"square.linf", "square", {{"epsilon", "0.02"}, {"queries", "120"}}},
        WholeRun{"square.l2", "square", {{"epsilon", "0.15"}, {"queries", "120"}, {"norm", "l2"}}},
        // In the box's corners DeepFool needs more than the paper's steps, see
        // make_attack_golden.py; far inside it they are the paper's.
        WholeRun{"deepfool.l2", "deepfool", {{"norm", "l2"}}},
        WholeRun{"deepfool.linf", "deepfool", {{"norm", "linf"}}},
        WholeRun{"inner.deepfool.l2", "deepfool", {{"norm", "l2"}}},
        WholeRun{"inner.deepfool.linf", "deepfool", {{"norm", "linf"}}},
        WholeRun{"jsma", "jsma", {{"theta", "0.4"}, {"gamma", "0.3"}}, true}),
    [](const testing::TestParamInfo<WholeRun>& run) {
      std::string name = run.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

}  // namespace
}  // namespace signflip::test
