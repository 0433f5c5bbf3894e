// Parameters in pieces: nothing left out, nothing twice, and the pieces do what the whole does.
#include "nn/parameter_pieces.h"

#include <gtest/gtest.h>

#include "support/networks.h"

namespace signflip {
namespace {

/// Its first dense layer is large enough to be cut, with a rest.
Sequential large() {
  return test::random_network({9, 9, 1},
                              {Conv2d{3, {3, 3}, {1, 1}, {0, 0}}, BatchNorm2d{}, Relu{}, Flatten{},
                               Dense{700}, Relu{}, Dense{3}},
                              31);
}

TEST(ParameterPieces, CoverAllParametersInTheirOrder) {
  const Sequential network = large();
  std::size_t next = 0, dense = 0;
  for (const ParameterPiece& piece : cut_parameters(network)) {
    const PlacedLayer& placed = network.layers()[piece.layer];
    EXPECT_EQ(piece.begin, next);
    EXPECT_EQ(piece.begin, placed.weight + piece.rows.begin * placed.shape.columns);
    EXPECT_LE(piece.rows.end, placed.shape.rows);
    next = piece.end;
    dense += piece.layer == 4 ? 1 : 0;
  }
  EXPECT_EQ(next, network.parameters().size());
  EXPECT_GT(dense, 2U);
  EXPECT_TRUE(cut_parameters(test::random_network({3, 3, 1}, {Relu{}, Flatten{}}, 32)).empty());
}

TEST(ParameterPieces, PreparedOneByOneTheyAreAsAllAtOnce) {
  Sequential network = large(), whole = large();
  Rng rng(33);
  const auto parameters = test::random_values<float>(network.parameters().size(), rng);
  std::copy(parameters.begin(), parameters.end(), network.parameters().begin());
  std::copy(parameters.begin(), parameters.end(), whole.parameters().begin());
  whole.prepare();
  const auto pieces = cut_parameters(network);
  for (std::size_t i = pieces.size(); i-- > 0;) network.prepare(pieces[i].layer, pieces[i].rows);

  constexpr std::size_t kCount = 5;
  const auto images = test::random_values<float>(kCount * 81, rng, 0.0F);
  const auto dz = test::random_values<float>(kCount * 3, rng);
  std::vector<float> dx(images.size()), expected(images.size());
  const auto pass = network.new_pass(kCount), whole_pass = whole.new_pass(kCount);
  const auto z = pass->forward(images, kCount), expected_z = whole_pass->forward(images, kCount);
  EXPECT_TRUE(std::equal(z.begin(), z.end(), expected_z.begin(), expected_z.end()));
  pass->input_gradient(dz, dx);
  whole_pass->input_gradient(dz, expected);
  EXPECT_EQ(dx, expected);
}

}  // namespace
}  // namespace signflip
