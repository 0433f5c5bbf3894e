// A program that uses the installed library: it fools a network that reads digits.
#include <signflip/classifier.h>
#include <signflip/version.h>

#include <cstdio>
#include <vector>

static_assert(SIGNFLIP_VERSION_NUMBER >= 100);

int main(int count, char** arguments) {
  const auto model = signflip::Classifier::load(count > 1 ? arguments[1] : "");
  if (!model) return std::printf("%s\n", model.error().message.c_str()), 2;
  std::vector<float> image(28 * 28);
  for (int y = 5; y < 23; ++y) image[28 * y + 13] = image[28 * y + 14] = 1;  // a one
  const auto labels = model->predict(image);
  const auto gradient = model->gradient(image, *labels);
  const auto attacked = model->attack({"mim", {{"epsilon", "0.3"}}}, image, *labels);
  const auto evaluation = model->evaluate({"fgsm", {{"epsilon", "0"}}}, image, *labels);
  if (!labels || !gradient || !attacked || !evaluation) return 3;
  std::printf("%s %zu %d %.0f\n", SIGNFLIP_VERSION_STRING, gradient->size(),
              (*labels)[0] == 1 && attacked->success[0] == 1, evaluation->robust_accuracy);
}
