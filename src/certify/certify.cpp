#include "certify/certify.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/model_input.h"

namespace signflip {
namespace {

Status check(const Sequential& network, const CertifyRequest& request, const Tensor& images,
             std::span<const int> labels) {
  const auto in_range = [](double radius) { return radius >= 0.0 && radius <= 1.0; };
  if (!in_range(request.epsilon)) {
    return Error{concat("epsilon is ", request.epsilon, ", expected 0 to 1")};
  }
  if (!in_range(request.maximum_radius)) {
    return Error{concat("the largest radius is ", request.maximum_radius, ", expected 0 to 1")};
  }
  if (const Status s = check_images(images, network.input_shape(), "certify"); !s) return s;
  return check_classes(labels, "label", "labels", images.count(), network.classes());
}

}  // namespace

void certified_radii(MarginBounds& pass, std::span<const float> images, std::span<const int> labels,
                     double maximum, std::span<double> radii) {
  constexpr double kRelative = 0x1p-10, kAbsolute = 0x1p-20;
  const std::size_t size = pass.network().input_shape().size();
  const std::size_t classes = pass.network().output_shape().size();
  struct Search {
    std::size_t image;
    double proved, unproved;
  };
  std::vector<Search> open;
  for (std::size_t n = 0; n < radii.size(); ++n) open.push_back({n, 0.0, maximum});
  std::fill(radii.begin(), radii.end(), 0.0);
  // All images that are still searched take each step together: matrix products are faster on many.
  std::vector<float> x(radii.size() * size);
  std::vector<int> y(radii.size());
  std::vector<double> tried(radii.size());
  for (int round = 0; !open.empty(); ++round) {
    for (std::size_t i = 0; i < open.size(); ++i) {
      const Search& search = open[i];
      std::copy_n(images.begin() + static_cast<std::ptrdiff_t>(search.image * size), size,
                  x.begin() + static_cast<std::ptrdiff_t>(i * size));
      y[i] = labels[search.image];
      // The image itself and the whole of the range come first: they decide most images.
      tried[i] = round == 0 ? 0.0 : round == 1 ? maximum : 0.5 * (search.proved + search.unproved);
    }
    const auto margins = pass.margins(x, y, open.size(), tried);
    std::vector<Search> left;
    for (std::size_t i = 0; i < open.size(); ++i) {
      Search search = open[i];
      const bool proved = verified(margins.subspan(i * classes, classes), y[i]);
      // An image that is not proved itself ends here: from 0 to 0 there is nothing to search.
      (proved ? search.proved : search.unproved) = tried[i];
      radii[search.image] = search.proved;
      const double precision = std::max(kRelative * search.proved, kAbsolute * maximum);
      if (search.unproved - search.proved > precision) left.push_back(search);
    }
    open = std::move(left);
  }
}

double certified_radius(const IntervalNetwork& intervals, std::span<const float> image, int label,
                        double maximum) {
  IntervalPass pass(intervals, 1);
  double radius = 0.0;
  certified_radii(pass, image, {&label, 1}, maximum, {&radius, 1});
  return radius;
}

Result<Certificates> certify(const Sequential& network, const CertifyRequest& request,
                             const Tensor& images, std::span<const int> labels, ThreadPool& pool,
                             const Progress& progress) {
  const Status fits = check(network, request, images, labels);
  if (!fits) return fits.error();
  const auto start = std::chrono::steady_clock::now();
  const auto classes = static_cast<std::size_t>(network.classes());
  const IntervalNetwork intervals(network);
  struct Worker {
    std::unique_ptr<Pass> plain;
    std::unique_ptr<MarginBounds> bounds;
    std::vector<double> epsilons;
  };
  std::vector<Worker> workers(static_cast<std::size_t>(pool.threads()));
  const std::size_t capacity = shard_capacity(labels.size());
  for (Worker& worker : workers) {
    worker = {network.new_pass(capacity), request.bounds(intervals, capacity),
              std::vector<double>(capacity, request.epsilon)};
  }

  Certificates result;
  result.correct.resize(labels.size());
  result.verified.resize(labels.size());
  if (request.maximum_radius > 0.0) result.radius.resize(labels.size());
  const auto certify_shard = [&](std::size_t first, std::size_t count, int number) {
    Worker& worker = workers[static_cast<std::size_t>(number)];
    const auto x = images.images(first, count);
    const auto y = labels.subspan(first, count);
    const auto logits = worker.plain->forward(x, count);
    const auto margins = worker.bounds->margins(x, y, count, worker.epsilons);
    for (std::size_t n = 0; n < count; ++n) {
      const bool correct = argmax(logits.subspan(n * classes, classes)) == y[n];
      result.correct[first + n] = correct ? 1 : 0;
      result.verified[first + n] =
          correct && verified(margins.subspan(n * classes, classes), y[n]) ? 1 : 0;
    }
    if (result.radius.empty()) return;
    certified_radii(*worker.bounds, x, y, request.maximum_radius,
                    std::span(result.radius).subspan(first, count));
  };
  if (!for_each_shard(labels.size(), pool, certify_shard, progress, request.together)) {
    return Error{"stopped on request"};
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

CertifiedFigures summarise(const Certificates& certificates) {
  CertifiedFigures figures;
  const std::size_t count = certificates.correct.size();
  if (count == 0) return figures;
  std::size_t correct = 0, proved = 0;
  std::vector<double> radii;
  for (std::size_t n = 0; n < count; ++n) {
    correct += certificates.correct[n];
    proved += certificates.verified[n];
    if (certificates.correct[n] != 0 && !certificates.radius.empty()) {
      radii.push_back(certificates.radius[n]);
    }
  }
  figures.accuracy = static_cast<double>(correct) / static_cast<double>(count);
  figures.verified_accuracy = static_cast<double>(proved) / static_cast<double>(count);
  if (radii.empty()) return figures;
  std::sort(radii.begin(), radii.end());
  for (const double radius : radii) figures.mean_radius += radius;
  figures.mean_radius /= static_cast<double>(radii.size());
  const std::size_t half = radii.size() / 2;
  figures.median_radius =
      radii.size() % 2 == 1 ? radii[half] : 0.5 * (radii[half - 1] + radii[half]);
  return figures;
}

}  // namespace signflip
