// Whether one attack really breaks more than another on the same images: McNemar's exact test.
#pragma once

#include <cstdint>
#include <string_view>

namespace signflip {

/// Images that exactly one of two attacks breaks; what both break or neither says nothing.
struct Discordant {
  std::uint64_t first = 0;   ///< broken by the first alone
  std::uint64_t second = 0;  ///< broken by the second alone
};

/// Counted on the same images: one character per image, '1' where it is still classified as its
/// label. Both texts have the same length.
Discordant count_discordant(std::string_view first, std::string_view second);

/// Where only the numbers of broken images are known, of `images`: the overlap that makes their
/// difference the least telling.
Discordant least_telling(std::uint64_t broken_by_first, std::uint64_t broken_by_second,
                         std::uint64_t images);

/// The probability that, if each discordant image fell to either attack alike, at least
/// `counts.first` of them would fall to the first: Σ_{i ≥ first} C(n, i) / 2^n with n = first +
/// second. Above a million discordant images the normal approximation.
double sign_test(Discordant counts);

/// Whether chance would make the first's lead in fewer than 1 of 40 cases (two-sided: 5%). The one
/// rule for every remark that an attack beats another.
bool beats(Discordant counts);

}  // namespace signflip
