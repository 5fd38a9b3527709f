namespace Strata;

/// <summary>What a test needs and a machine may lack.</summary>
internal static class Needed
{
    /// <summary>Skips the test where something is missing; on a build server (CI=true), where everything has to be there, it fails.</summary>
    public static void Require(bool present, string reason)
    {
        if (!present && Environment.GetEnvironmentVariable("CI") is "true" or "1") Xunit.Assert.Fail($"{reason}; on a build server nothing may be missing.");
        Xunit.Skip.IfNot(present, reason);
    }
}
