// SPDX-License-Identifier: Apache-2.0
#include "ops/text/reference/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using testing::ElementsAre;

ConstantPtr strings(const std::vector<std::string>& texts) {
  size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  const Shape dims{static_cast<int64_t>(texts.size()), static_cast<int64_t>(longest)};
  return Constant::make(DataType::U8, dims, [&](const TensorView& view) { write_strings(texts, view); });
}

std::vector<std::string> strings_of(const Constant& constant) {
  return read_strings(constant.view());
}

TEST(Strings, ConcatAndEqualBroadcast) {
  const auto a = strings({"cat", "", "böse"}), s = strings({"s"});
  EXPECT_THAT(strings_of(*run(make("StringConcat"), {a, s})[0]), ElementsAre("cats", "s", "böses"));
  EXPECT_THAT(numbers(*run(make("StringEqual"), {strings({"s", "st", ""}), s})[0]), ElementsAre(1, 0, 0));
}

TEST(Strings, PatternsMatchTheWholeString) {
  const auto x = strings({"ab", "aab", "abc", ""});
  EXPECT_THAT(numbers(*run(make("RegexFullMatch", {{"pattern", std::string("a*b")}}), {x})[0]),
              ElementsAre(1, 1, 0, 0));
  EXPECT_THROW(run(make("RegexFullMatch", {{"pattern", std::string("(")}}), {x}), Error);
}

TEST(Strings, AreNumbersAndNumbersStrings) {
  EXPECT_THAT(numbers(*run(make("StringParse"), {strings({"1.5", "-2e3", "+INF", "-inf"})})[0]),
              ElementsAre(1.5, -2000, HUGE_VAL, -HUGE_VAL));
  EXPECT_THROW(run(make("StringParse"), {strings({"one"})}), Error);
  EXPECT_THAT(strings_of(*run(make("StringPrint"), {floats({3}, {0.1, -2, 1e20})})[0]),
              ElementsAre("0.1", "-2.0", "1e+20"));
  EXPECT_THAT(strings_of(*run(make("StringPrint"), {ints({-7, 12})})[0]), ElementsAre("-7", "12"));
}

}  // namespace
}  // namespace tn::ops
