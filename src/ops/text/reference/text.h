// SPDX-License-Identifier: Apache-2.0
// Tensors of strings are u8 with one axis more than the strings have: the bytes of each, padded with zeros.
#pragma once

#include <string>
#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

struct RegexAttributes {
  std::string pattern;  ///< ECMAScript's grammar, which has what models use of RE2's
  template <typename V>
  void fields(V& v) {
    v("pattern", pattern);
  }
};

struct StringSplitAttributes {
  std::string delimiter;  ///< empty: any run of white space
  int64_t maxsplit = -1;  ///< negative: as often as it occurs
  template <typename V>
  void fields(V& v) {
    v("delimiter", delimiter);
    v("maxsplit", maxsplit);
  }
};

struct StringNormalizeAttributes {
  std::string case_action = "NONE";  ///< NONE, LOWER or UPPER, of ASCII letters
  bool case_sensitive = false;       ///< whether a stop word must match in case
  std::vector<std::string> stopwords;
  template <typename V>
  void fields(V& v) {
    v("case_action", case_action);
    v("case_sensitive", case_sensitive);
    v("stopwords", stopwords);
  }
};

}  // namespace tn::ops
