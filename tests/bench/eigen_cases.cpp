// The products of kernel_cases.cpp through Eigen, for the figures of src/backend/cpu/README.md.
// This file alone is compiled for the processor that it runs on, as our kernels are.
#ifdef __EMSCRIPTEN__
// Eigen 3.4 has no vectors for WebAssembly; its SSE ones work through Emscripten's emulation, if it
// takes the compiler for a GCC whose SSE it trusts.
#include <eigen3/Eigen/src/Core/util/Macros.h>
#undef EIGEN_COMP_GNUC
#define EIGEN_COMP_GNUC 63
#endif
#include <algorithm>
#include <eigen3/Eigen/Core>
#include <memory>

#include "bench/cases.h"
#include "core/rng.h"

namespace signflip::bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t stream) {
  Matrix made(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
  Rng rng(7, stream);
  for (Eigen::Index i = 0; i < made.size(); ++i) made.data()[i] = rng.normal();
  return made;
}

void add_gemm(std::vector<Case>& cases, std::size_t rows, std::size_t inputs, std::size_t outputs) {
  Case gemm;
  gemm.name = "gemm-eigen/" + std::to_string(rows) + "x" + std::to_string(inputs) + "x" +
              std::to_string(outputs) + "/threads:1";
  gemm.operations = 2.0 * static_cast<double>(rows * inputs * outputs);
  gemm.prepare = [=] {
    const auto x = std::make_shared<Matrix>(random_matrix(rows, inputs, 1));
    const auto weight = std::make_shared<Matrix>(random_matrix(inputs, outputs, 3));
    const auto bias = std::make_shared<Matrix>(random_matrix(1, outputs, 4));
    const auto y = std::make_shared<Matrix>(random_matrix(rows, outputs, 2));
    return [=] {
      y->noalias() = *x * *weight;
      y->rowwise() += bias->row(0);
    };
  };
  cases.push_back(std::move(gemm));
}

/// The patches of one image as rows of a matrix, zeros where they leave the image.
void copy_patches(const Conv2dShape& s, const float* x, Matrix& patches) {
  float* to = patches.data();
  const int channels = s.in.channels;
  for (int oh = 0; oh < s.out.height; ++oh) {
    for (int ow = 0; ow < s.out.width; ++ow) {
      for (int kh = 0; kh < s.kernel.height; ++kh) {
        const int ih = oh * s.stride.height - s.padding.height + kh;
        for (int kw = 0; kw < s.kernel.width; ++kw, to += channels) {
          const int iw = ow * s.stride.width - s.padding.width + kw;
          const bool inside = ih >= 0 && ih < s.in.height && iw >= 0 && iw < s.in.width;
          if (inside) {
            std::copy_n(x + (ih * s.in.width + iw) * channels, channels, to);
          } else {
            std::fill_n(to, channels, 0.0F);
          }
        }
      }
    }
  }
}

void add_convolution(std::vector<Case>& cases, char net, std::size_t layer, std::size_t images) {
  const Conv2dShape shape = network(net).layers()[layer].conv.shape;
  const auto filters = static_cast<std::size_t>(shape.out.channels);
  Case conv;
  conv.name = std::string("conv-forward-eigen/") + net + " layer " + std::to_string(layer) + "/" +
              std::to_string(images) + "/threads:1";
  conv.images = static_cast<double>(images);
  conv.operations = 2.0 * conv.images * static_cast<double>(shape.patch() * shape.out.size());
  conv.prepare = [=] {
    const auto x = std::make_shared<Matrix>(random_matrix(images, shape.in.size(), 1));
    const auto weight = std::make_shared<Matrix>(random_matrix(shape.patch(), filters, 3));
    const auto bias = std::make_shared<Matrix>(random_matrix(1, filters, 4));
    const auto patches = std::make_shared<Matrix>(shape.out.pixels(), shape.patch());
    const auto y = std::make_shared<Matrix>(images, shape.out.size());
    return [=] {
      for (Eigen::Index n = 0; n < x->rows(); ++n) {
        copy_patches(shape, x->row(n).data(), *patches);
        Eigen::Map<Matrix> one(y->row(n).data(), patches->rows(), weight->cols());
        one.noalias() = *patches * *weight;
        one.rowwise() += bias->row(0);
      }
    };
  };
  cases.push_back(std::move(conv));
}

}  // namespace

void add_eigen_cases(std::vector<Case>& cases) {
  add_gemm(cases, 256, 256, 256);
  add_gemm(cases, 1, 1568, 100);
  add_gemm(cases, 16, 3136, 1024);
  for (const char net : {'S', 'M', 'G'}) {
    for (std::size_t i = 0; i < network(net).layers().size(); ++i) {
      if (std::holds_alternative<Conv2d>(network(net).layers()[i].layer)) {
        add_convolution(cases, net, i, 16);
      }
    }
  }
}

}  // namespace signflip::bench
