// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>

#include "tuning/assign.h"
#include "tuning/region_timer.h"
#include "tuning/timing_cache.h"

namespace tn {

struct TunerOptions {
  bool timing = true;                 ///< false: the order of the table decides
  int repeats = 8;                    ///< measurements per candidate
  int most_candidates = 0;            ///< per region; 0: all
  int most_variants = 0;              ///< per region and tactic; 0: all
  int most_weighed = 0;               ///< per region, to decide on types; 0: all
  bool fail_on_miss = false;          ///< Error(NotFound) naming the region instead of measuring
  std::string preferred;              ///< where a tactic whose name begins so takes a region, others do not
  std::string kernel_sources;         ///< hash of the kernels' sources: part of every key
  std::function<void()> region_done;  ///< called after every choice; what it throws ends the build
  std::function<void(const std::string&)> left_out;  ///< told of each candidate that could not be measured, and why
};

/// Chooses the fastest candidate of every region: from the cache, else by measuring. Identical regions are measured
/// once. A candidate that cannot run is none; what there was no memory for is not written into the cache.
class Tuner final : public Selector, public RegionCosts {
 public:
  Tuner(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, TunerOptions options,
        TimingCache& cache);
  Choice select(const Region& region) override;
  /// The same without a word to who follows the build.
  Choice choose(const Region& region);
  void expect(const Region& region) override;
  Alone alone() override;
  /// The tuner behind alone().
  Tuner& for_one_thread();
  /// Of the fastest of the first candidates (TunerOptions), measured even if it is the only one.
  double microseconds(const Region& region) override;
  void expect_cost(const Region& region) override;

  /// Of what select() takes: 0 for views and the like, infinity where nothing runs the region.
  double selected_microseconds(const Region& region);
  /// Candidates of a region that select() chooses among, as the cache knows their times, the one it chooses first;
  /// empty where there is nothing to choose.
  struct Ranked {
    Choice choice;
    double microseconds;
    bool guessed = false;  ///< what would be chosen without times
  };
  std::vector<Ranked> ranked(const Region& region);
  /// Makes select() take another way of a region from now on.
  void replace(const std::string& signature, Choice choice);

  /// Results of measuring larger things than regions, in the same cache. recall() throws Error(NotFound) in the strict
  /// mode if the cache does not know it, telling `what` is missing.
  std::optional<double> recall(const std::string& signature, std::string_view what) const;
  void remember(const std::string& signature, double result);
  /// Everything that decides how fast a region or a graph is, and no names.
  std::string signature_of(const Region& region) const;
  std::string signature_of(const Graph& graph) const;

  /// Starts the explanation again. Choices stay as they are: they follow from the cache.
  void forget_explanation();
  /// One paragraph per region: every candidate, its time or the reason why it was not one, and which was chosen.
  std::string explanation() const;
  size_t measured() const { return measured_ + (alone_ ? alone_->measured() : 0); }

 private:
  struct Candidate {
    Choice choice;
    double microseconds = 0;
    std::string problem;  ///< why it could not be measured
  };
  static double weighed(const Candidate& candidate);
  /// The candidates, and why the others are none.
  struct Considered {
    std::vector<Candidate> list;
    std::string reasons;
  };
  const Considered& consider(const Region& region);
  /// `most`: more are not asked for, which takes a library long; 0: all.
  Considered candidates(const Region& region, int most) const;
  /// Those among which types are decided.
  const std::vector<Candidate>& first_candidates(const Region& region);
  void expect(const Region& region, const std::vector<Candidate>& list);
  /// Candidates that the cache does not know; the times of the others are filled in.
  std::vector<Candidate*> unknown(const std::string& signature, std::vector<Candidate>& list) const;
  /// Throws Error if no candidate can run.
  void find_times(const Region& region, const std::string& signature, std::vector<Candidate>& list);
  void measure(const Region& region, const std::string& signature, std::span<Candidate* const> fresh);
  /// Infinity for an empty list.
  double fastest(const Region& region, std::vector<Candidate> list);
  RegionTimer& timer();
  Hash key(const std::string& signature, std::string_view what) const;
  Hash key(const std::string& signature, const Choice& choice) const;

  const Backend& backend_;
  const Target& target_;
  std::map<std::string, int64_t> opt_;
  TunerOptions options_;
  TimingCache& cache_;
  std::unique_ptr<RegionTimer> timer_;
  std::set<Hash> expected_;                              ///< candidates that the timer has been told of
  std::map<std::string, Considered> considered_;         ///< by signature
  std::map<std::string, std::vector<Candidate>> first_;  ///< the first of these
  std::map<std::string, Choice> chosen_;                 ///< by signature
  std::string explanation_;
  size_t measured_ = 0;
  std::unique_ptr<Target> alone_target_;
  std::unique_ptr<Tuner> alone_;  ///< for one thread
};

/// A measured time with the preference for what needs no library: one must be faster by 2 % to be worth it.
double as_choices_see_it(const Tactic& tactic, double microseconds);

/// Whether some tactic runs the region as a whole.
bool is_supported(const Backend& backend, const Target& target, const Region& region);
/// The same without the reference kernels.
bool has_kernel(const Backend& backend, const Target& target, const Region& region);

}  // namespace tn
