#include "server/access/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/log_capture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_certificates.h"

namespace linktor::access {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kDay = absl::Hours(24);

class CertificateFilesTest : public testing::Test {
 protected:
  CertificateFilesTest() { Put(authority_.IssueServer()); }

  std::string PathOf(const std::string& name) const {
    return absl::StrCat(folder_.path(), "/", name);
  }
  // Replaces a file by renaming, as careful programs do.
  void Write(const std::string& name, const std::string& text) const {
    const std::string path = PathOf(name);
    std::ofstream(path + ".new") << text;
    chmod((path + ".new").c_str(), 0600);
    std::filesystem::rename(path + ".new", path);
  }
  // The file always gets the same size and the same time.
  static void WriteInPlace(const std::string& path, std::string text) {
    text.resize(4096, '\n');
    std::ofstream(path) << text;
    std::filesystem::last_write_time(path, {});
  }
  void Put(const TestCertificate& made) {
    Write("tls.crt", made.certificate);
    Write("tls.key", made.private_key);
  }
  absl::StatusOr<std::unique_ptr<CertificateFiles>> Load() {
    return CertificateFiles::Load(paths_, clock_);
  }
  // The first Refresh reads the files in any case; those of a test must see for
  // themselves that something has changed.
  std::unique_ptr<CertificateFiles> MustLoad() {
    auto files = Load();
    EXPECT_THAT(files, IsOk());
    (*files)->Refresh();
    return *std::move(files);
  }
  void RefreshUntilPatienceEnds(CertificateFiles& files) {
    for (int i = 0; i < CertificateFiles::kPatience; ++i) files.Refresh();
  }
  std::string LoadError() { return std::string(Load().status().message()); }

  TempFolder folder_;
  TestAuthority authority_{"Authority"};
  FakeClock clock_{absl::Now()};
  CertificateFiles::Paths paths_{.certificate = PathOf("tls.crt"),
                                 .key = PathOf("tls.key")};
};

TEST_F(CertificateFilesTest, LoadsTheFirstIdentity) {
  const TestCertificate made = authority_.IssueServer();
  Put(made);
  const auto identity = MustLoad()->source()();
  EXPECT_EQ(identity->generation, 1);
  EXPECT_EQ(identity->certificate_chain, made.certificate);
  EXPECT_EQ(identity->private_key.Reveal(), made.private_key);
  EXPECT_THAT(identity->client_ca, IsEmpty());
}

TEST_F(CertificateFilesTest, TellsWhenItEnds) {
  const absl::Time end =
      absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now() + 90 * kDay));
  Put(authority_.IssueServer({.not_after = end}));
  EXPECT_EQ(MustLoad()->not_after(), end);
}

TEST_F(CertificateFilesTest, KeepsTheWholeChainAndNothingElse) {
  const TestCertificate made = authority_.IssueServer();
  Write("tls.crt", absl::StrCat("a remark\n", made.private_key,
                                made.certificate, authority_.certificate()));
  Write("tls.key", absl::StrCat("engine:x:y\n", made.private_key));
  const auto identity = MustLoad()->source()();
  EXPECT_EQ(identity->certificate_chain,
            absl::StrCat(made.certificate, authority_.certificate()));
  EXPECT_EQ(identity->private_key.Reveal(), made.private_key);
}

TEST_F(CertificateFilesTest, LoadsTheClientAuthority) {
  Write("ca.crt", authority_.certificate());
  paths_.client_ca = PathOf("ca.crt");
  EXPECT_EQ(MustLoad()->source()()->client_ca, authority_.certificate());
}

TEST_F(CertificateFilesTest, MissingFileIsNamed) {
  std::filesystem::remove(paths_.key);
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("cannot read the private key "),
                                 HasSubstr(paths_.key)));
}

TEST_F(CertificateFilesTest, FolderIsNoFile) {
  paths_.client_ca = folder_.path();
  EXPECT_THAT(LoadError(),
              AllOf(HasSubstr("it is no file"), HasSubstr(folder_.path())));
}

TEST_F(CertificateFilesTest, CertificateThatIsNoPemIsNamed) {
  Write("tls.crt", "hello");
  EXPECT_EQ(LoadError(), absl::StrCat(paths_.certificate,
                                      " holds no certificate in PEM form"));
}

TEST_F(CertificateFilesTest, BrokenCertificateInTheChainIsRefused) {
  const TestCertificate made = authority_.IssueServer();
  Put(made);
  Write("tls.crt", absl::StrCat(made.certificate,
                                authority_.certificate().substr(0, 200)));
  EXPECT_EQ(LoadError(),
            absl::StrCat(paths_.certificate, " holds a broken certificate"));
}

TEST_F(CertificateFilesTest, EmptyClientAuthorityIsRefused) {
  Write("ca.crt", "");
  paths_.client_ca = PathOf("ca.crt");
  EXPECT_EQ(LoadError(), absl::StrCat(paths_.client_ca,
                                      " holds no certificate in PEM form"));
}

TEST_F(CertificateFilesTest, KeyThatIsNoPemIsNamed) {
  Write("tls.key", "hello");
  EXPECT_EQ(LoadError(),
            absl::StrCat(paths_.key, " holds no private key in PEM form"));
}

TEST_F(CertificateFilesTest, EncryptedKeyIsRefused) {
  const TestCertificate made = authority_.IssueServer();
  Put({made.certificate, WithPassword(made.private_key)});
  EXPECT_THAT(LoadError(),
              AllOf(HasSubstr("is encrypted"), HasSubstr(paths_.key)));
}

TEST_F(CertificateFilesTest, KeyOfAnotherCertificateIsRefused) {
  Write("tls.key", authority_.IssueServer().private_key);
  EXPECT_EQ(LoadError(), absl::StrCat("the private key in ", paths_.key,
                                      " does not belong to the certificate in ",
                                      paths_.certificate));
}

TEST_F(CertificateFilesTest, WhatOpenSslRefusesIsRefused) {
  Put(authority_.IssueServer({.rsa_bits = 1024}));
  EXPECT_THAT(LoadError(),
              AllOf(HasSubstr("OpenSSL refuses"), HasSubstr("too small")));
}

TEST_F(CertificateFilesTest, EndedCertificateRefusesToStart) {
  Put(authority_.IssueServer({.not_after = clock_.Now() - absl::Minutes(1)}));
  EXPECT_THAT(LoadError(), HasSubstr("has ended; it was valid until 20"));
}

TEST_F(CertificateFilesTest, CertificateOfTomorrowRefusesToStart) {
  Put(authority_.IssueServer({.not_before = clock_.Now() + kDay}));
  EXPECT_THAT(LoadError(), HasSubstr("is not yet valid; it begins at 20"));
}

TEST_F(CertificateFilesTest, ChangedFilesMakeTheNextGeneration) {
  const auto files = MustLoad();
  const TlsSource source = files->source();
  const TestCertificate made = authority_.IssueServer();
  Put(made);
  files->Refresh();
  EXPECT_EQ(source()->generation, 2);
  EXPECT_EQ(source()->certificate_chain, made.certificate);
  EXPECT_EQ(source()->private_key.Reveal(), made.private_key);
}

TEST_F(CertificateFilesTest, SameContentIsNoNewGeneration) {
  const TestCertificate made = authority_.IssueServer();
  Put(made);
  const auto files = MustLoad();
  Put(made);
  files->Refresh();
  EXPECT_EQ(files->source()()->generation, 1);
}

TEST_F(CertificateFilesTest, ChangedClientAuthorityMakesTheNextGeneration) {
  Write("ca.crt", authority_.certificate());
  paths_.client_ca = PathOf("ca.crt");
  const auto files = MustLoad();
  const TestAuthority other("Other");
  Write("ca.crt", other.certificate());
  files->Refresh();
  EXPECT_EQ(files->source()()->generation, 2);
  EXPECT_EQ(files->source()()->client_ca, other.certificate());
}

// Kubernetes replaces a secret like this: ..data is a link to a folder, and is
// turned to another.
TEST_F(CertificateFilesTest, TurnedLinkIsNoticed) {
  namespace fs = std::filesystem;
  const TestCertificate made[] = {authority_.IssueServer(),
                                  authority_.IssueServer()};
  for (const int i : {0, 1}) {
    fs::create_directory(PathOf(absl::StrCat(i)));
    // Only what the link leads to tells the files apart.
    WriteInPlace(PathOf(absl::StrCat(i, "/tls.crt")), made[i].certificate);
    WriteInPlace(PathOf(absl::StrCat(i, "/tls.key")), made[i].private_key);
  }
  fs::create_symlink("0", PathOf("..data"));
  paths_.certificate = PathOf("..data/tls.crt");
  paths_.key = PathOf("..data/tls.key");
  const auto files = MustLoad();
  fs::create_symlink("1", PathOf("..new"));
  fs::rename(PathOf("..new"), PathOf("..data"));
  files->Refresh();
  EXPECT_EQ(files->source()()->certificate_chain, made[1].certificate);
}

// The second write leaves the same inode, size and time as the first.
TEST_F(CertificateFilesTest, SecondWriteWithinOneTickIsNoticed) {
  const auto files = MustLoad();
  for (const std::uint64_t generation : {2, 3}) {
    const TestCertificate made = authority_.IssueServer();
    WriteInPlace(paths_.certificate, made.certificate);
    WriteInPlace(paths_.key, made.private_key);
    files->Refresh();
    EXPECT_EQ(files->source()()->generation, generation);
  }
}

TEST_F(CertificateFilesTest, MismatchKeepsTheOldIdentity) {
  const auto files = MustLoad();
  const auto old = files->source()();
  Write("tls.crt", authority_.IssueServer().certificate);
  RefreshUntilPatienceEnds(*files);
  EXPECT_EQ(files->source()(), old);
}

TEST_F(CertificateFilesTest, EndedReplacementKeepsTheOldIdentity) {
  const auto files = MustLoad();
  Put(authority_.IssueServer({.not_after = clock_.Now() - absl::Minutes(1)}));
  RefreshUntilPatienceEnds(*files);
  EXPECT_EQ(files->source()()->generation, 1);
  EXPECT_THAT(files->Problem(clock_.Now()), HasSubstr("has ended"));
}

TEST_F(CertificateFilesTest, ReplacementThatIsNotYetValidIsTakenWhenItIs) {
  const auto files = MustLoad();
  Put(authority_.IssueServer({.not_before = clock_.Now() + absl::Minutes(1)}));
  files->Refresh();
  EXPECT_EQ(files->source()()->generation, 1);
  clock_.Advance(absl::Minutes(2));
  files->Refresh();
  EXPECT_EQ(files->source()()->generation, 2);
}

TEST_F(CertificateFilesTest, CertificateBeforeItsKeyIsNoProblem) {
  const LogCapture log;
  const auto files = MustLoad();
  const TestCertificate made = authority_.IssueServer();
  Write("tls.crt", made.certificate);
  files->Refresh();
  EXPECT_THAT(files->Problem(clock_.Now()), IsEmpty());
  Write("tls.key", made.private_key);
  files->Refresh();
  EXPECT_EQ(files->source()()->generation, 2);
  RefreshUntilPatienceEnds(*files);
  EXPECT_THAT(files->Problem(clock_.Now()), IsEmpty());
  EXPECT_EQ(log.Count("cannot be used"), 0);
}

TEST_F(CertificateFilesTest, LastingFaultIsAProblemUntilItIsMended) {
  const auto files = MustLoad();
  const TestCertificate made = authority_.IssueServer();
  Write("tls.crt", made.certificate);
  RefreshUntilPatienceEnds(*files);
  EXPECT_THAT(files->Problem(clock_.Now()),
              HasSubstr("does not belong to the certificate"));
  Write("tls.key", made.private_key);
  files->Refresh();
  EXPECT_THAT(files->Problem(clock_.Now()), IsEmpty());
  // The next one has as much time.
  std::filesystem::remove(paths_.key);
  files->Refresh();
  EXPECT_THAT(files->Problem(clock_.Now()), IsEmpty());
}

TEST_F(CertificateFilesTest, RestoredFilesEndTheProblem) {
  const TestCertificate made = authority_.IssueServer();
  Put(made);
  const auto files = MustLoad();
  std::filesystem::remove(paths_.key);
  RefreshUntilPatienceEnds(*files);
  EXPECT_THAT(files->Problem(clock_.Now()), HasSubstr("cannot read"));
  Put(made);
  files->Refresh();
  EXPECT_THAT(files->Problem(clock_.Now()), IsEmpty());
}

TEST_F(CertificateFilesTest, LogsEachCauseOnce) {
  const LogCapture log;
  const auto files = MustLoad();
  std::filesystem::remove(paths_.key);
  for (int i = 0; i < 3; ++i) RefreshUntilPatienceEnds(*files);
  EXPECT_EQ(log.Count("cannot read the private key"), 1);
  Write("tls.key", "hello");
  for (int i = 0; i < 3; ++i) RefreshUntilPatienceEnds(*files);
  EXPECT_EQ(log.Count("holds no private key"), 1);
  EXPECT_EQ(log.Count("cannot be used"), 2);
}

TEST_F(CertificateFilesTest, LogsWhatIsInForce) {
  const LogCapture log;
  const TestSubject wish = {.not_after = clock_.Now() + 90 * kDay};
  Put(authority_.IssueServer(wish));
  const auto files = MustLoad();
  Put(authority_.IssueServer(wish));
  files->Refresh();
  EXPECT_EQ(log.Count("certificate in force"), 2);
  EXPECT_EQ(log.Count(TlsTimeText(files->not_after())), 2);
}

TEST_F(CertificateFilesTest, ExposedKeyIsLoggedOnceAndUsed) {
  const LogCapture log;
  ASSERT_EQ(chmod(paths_.key.c_str(), 0644), 0);
  const auto files = MustLoad();
  Put(authority_.IssueServer());
  ASSERT_EQ(chmod(paths_.key.c_str(), 0620), 0);
  files->Refresh();
  EXPECT_EQ(files->source()()->generation, 2);
  EXPECT_EQ(log.Count("others may read or write the private key"), 1);
}

TEST_F(CertificateFilesTest, GroupMayReadTheKey) {
  const LogCapture log;
  ASSERT_EQ(chmod(paths_.key.c_str(), 0640), 0);
  MustLoad();
  EXPECT_EQ(log.Count("others may"), 0);
}

TEST_F(CertificateFilesTest, EndIsAnnouncedTwoWeeksBefore) {
  const auto files = MustLoad();
  const absl::Time end = files->not_after();
  EXPECT_THAT(files->Problem(end - 14 * kDay), IsEmpty());
  EXPECT_EQ(files->Problem(end - 14 * kDay + absl::Seconds(1)),
            absl::StrCat("the certificate ", paths_.certificate,
                         " in force ends at ", TlsTimeText(end)));
}

TEST_F(CertificateFilesTest, EndOfAShortLivedOneIsAnnouncedAtAThird) {
  Put(authority_.IssueServer({.not_before = clock_.Now() - absl::Hours(1),
                              .not_after = clock_.Now() + absl::Hours(5)}));
  const auto files = MustLoad();
  const absl::Time end = files->not_after();
  EXPECT_THAT(files->Problem(end - absl::Hours(2) - absl::Seconds(2)),
              IsEmpty());
  EXPECT_THAT(files->Problem(end - absl::Hours(2) + absl::Seconds(2)),
              HasSubstr("ends at"));
}

TEST_F(CertificateFilesTest, EndIsAProblem) {
  const auto files = MustLoad();
  EXPECT_THAT(files->Problem(files->not_after() + absl::Seconds(1)),
              HasSubstr("in force has ended; it was valid until "));
}

// While one authority replaces another, both are in the file; the one that goes
// may end.
TEST_F(CertificateFilesTest, EndOfTheLastClientAuthorityIsAnnounced) {
  const absl::Time end = absl::FromUnixSeconds(
      absl::ToUnixSeconds(clock_.Now() + absl::Hours(24 * 60)));
  const std::string going =
      authority_.IssueServer({.not_after = clock_.Now() + kDay}).certificate;
  const std::string coming =
      authority_.IssueServer({.not_after = end}).certificate;
  Write("ca.crt", going + coming);
  paths_.client_ca = PathOf("ca.crt");
  const auto files = MustLoad();
  EXPECT_THAT(files->Problem(end - 14 * kDay), IsEmpty());
  EXPECT_EQ(files->Problem(end - 14 * kDay + absl::Seconds(1)),
            absl::StrCat("the client CA ", paths_.client_ca,
                         " in force ends at ", TlsTimeText(end)));
  EXPECT_THAT(files->Problem(end + absl::Seconds(1)),
              HasSubstr(" in force has ended; it was valid until "));
}

TEST_F(CertificateFilesTest, SuccessorMayBeginLaterThanTheAuthorityInForce) {
  const std::string going =
      authority_.IssueServer({.not_after = clock_.Now() + kDay}).certificate;
  const std::string coming =
      authority_
          .IssueServer({.not_before = clock_.Now() + kDay / 2,
                        .not_after = clock_.Now() + 60 * kDay})
          .certificate;
  Write("ca.crt", coming);
  paths_.client_ca = PathOf("ca.crt");
  EXPECT_THAT(LoadError(), HasSubstr("is not yet valid; it begins at"));
  Write("ca.crt", going + coming);
  EXPECT_THAT(MustLoad()->source()()->client_ca, HasSubstr(coming));
}

TEST_F(CertificateFilesTest, EndedClientAuthorityRefusesToStart) {
  Write("ca.crt", authority_
                      .IssueServer({.not_before = clock_.Now() - 2 * kDay,
                                    .not_after = clock_.Now() - kDay})
                      .certificate);
  paths_.client_ca = PathOf("ca.crt");
  EXPECT_THAT(LoadError(), AllOf(HasSubstr(paths_.client_ca),
                                 HasSubstr("has ended; it was valid until")));
}

TEST_F(CertificateFilesTest, SourceOutlivesTheFiles) {
  auto files = MustLoad();
  const TlsSource source = files->source();
  files.reset();
  EXPECT_EQ(source()->generation, 1);
}

}  // namespace
}  // namespace linktor::access
