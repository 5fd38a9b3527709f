using System.Diagnostics;
using System.Reflection;
using Strata.Models;

namespace Strata.Jupyter.Session;

/// <summary>Turns exceptions into what the user of a cell needs: the message, the line, the source there.</summary>
internal static class CellErrors
{
    // Of a recursion both ends are shown.
    private const int NearestFrames = 12, FarthestFrames = 4;

    /// <summary>The error of a cell that threw. Frames from the cell's code upward are kept, those of the host below it are not.</summary>
    public static CellError FromException(Exception exception, string cell, string code)
    {
        Exception cause = exception;
        while (cause is TargetInvocationException or AggregateException { InnerExceptions.Count: 1 } && cause.InnerException is { } inner) cause = inner;
        if (cause is OutOfMemoryException) MemoryReserve.Release();

        // The message of a failure that was foreseen is written for users; other exceptions say more by their type.
        string name = cause.GetType().FullName ?? cause.GetType().Name;
        string message = cause is OutOfMemoryException memory ? MemoryReserve.Explain(memory) : cause.Message;
        List<string> traceback = [cause is StrataException ? message : $"{name}: {message}"];
        for (Exception? inner = cause.InnerException; inner is not null && cause is not StrataException; inner = inner.InnerException)
            traceback.Add($"  caused by {inner.GetType().FullName}: {inner.Message}");
        traceback.AddRange(Frames(cause, cell, code));
        return new CellError(name, message, traceback);
    }

    private static IEnumerable<string> Frames(Exception exception, string cell, string code)
    {
        // Half a million frames of a recursion without end would take seconds to write down.
        if (exception.Data[CellGuard.PlaceKey] is (string file, int line)) return [Place(file, line, cell, code), "  and so on, as deep as the stack is"];
        List<string> frames = [];
        int kept = 0;
        foreach (StackFrame frame in new StackTrace(exception, fNeedFileInfo: true).GetFrames())
        {
            MethodBase? method = frame.GetMethod();
            if (method is null || IsPlumbing(method)) continue;
            frames.Add(IsCell(method) ? CellFrame(frame, cell, code) : $"  at {method.DeclaringType?.FullName}.{method.Name}");
            if (IsCell(method)) kept = frames.Count;
        }

        if (kept <= NearestFrames + FarthestFrames + 1) return frames.Take(kept);
        return [.. frames.Take(NearestFrames), FormattableString.Invariant($"  ... {kept - NearestFrames - FarthestFrames:N0} more ..."), .. frames.Take(kept).TakeLast(FarthestFrames)];
    }

    private static string CellFrame(StackFrame frame, string cell, string code)
    {
        // The compiler puts the session's folder before a cell's name, and in optimized code it gives the last expression of a cell no line.
        string? path = frame.GetFileName();
        return Place(path, path is null ? LastExpression.LineIn(code) ?? 0 : frame.GetFileLineNumber(), cell, code);
    }

    private static string Place(string? path, int line, string cell, string code)
    {
        string? file = Path.GetFileName(path);
        bool isHere = file is null || file == cell;
        string[] source = isHere ? Lines(code) : File.Exists(path) ? File.ReadAllLines(path) : [];
        return $"  at {file ?? cell}, line {line}{(line >= 1 && line <= source.Length ? $": {source[line - 1].Trim()}" : "")}";
    }

    private static bool IsCell(MethodBase method)
    {
        Type? type = method.DeclaringType;
        while (type?.DeclaringType is not null) type = type.DeclaringType;
        return type is not null && type.Name.StartsWith("Submission#", StringComparison.Ordinal);
    }

    private static bool IsPlumbing(MethodBase method) =>
        method.DeclaringType == typeof(CellGuard) || method.DeclaringType?.Namespace is "System.Runtime.CompilerServices" or "System.Runtime.ExceptionServices" or "System.Threading.Tasks";

    private static string[] Lines(string code) => code.ReplaceLineEndings("\n").Split('\n');
}
