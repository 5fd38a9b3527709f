using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Strata.Jupyter.Session;

/// <summary>
/// The checks that are compiled into the code of cells, so that loops and recursions there can be stopped. For generated code: functions that a cell declares begin with
/// <see cref="Enter"/> or <see cref="EnterAsync"/>, or with <see cref="Check"/> where they call nothing; a loop takes <see cref="Flag"/> first and looks at it in every round.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellGuard
{
    /// <summary>Under this key an exception for too deep a recursion tells where in a cell it was thrown: (string File, int Line).</summary>
    internal const string PlaceKey = "place in the cell";

    // Left for what a function calls outside the cell, which looks at no limit.
    private const int Reserve = 256 << 10;

    // An exception that passes n levels of "async" is copied n times with its trace: of the whole stack that would take minutes.
    private const int AsyncBytes = 768 << 10;

    private static readonly CellFlag Nobodys = new();

    // Interrupted cells of which code may still run.
    private static volatile int _interrupted;

    // The stack of the running cell's own thread. Code that finds itself there belongs to that cell, and need not ask the execution context; nothing can be known so while
    // there is an interrupted cell.
    private static nuint _low, _size, _asyncLow, _knownSize;
    private static CellFlag _running = Nobodys;

    // The same for threads of cells that were left behind.
    [ThreadStatic]
    private static nuint _ownLow, _ownAsyncLow;

    /// <summary>Ends the code of an interrupted cell.</summary>
    /// <exception cref="OperationCanceledException">The cell that the calling code runs for was interrupted.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check()
    {
        if (_interrupted != 0) CellScope.Current?.ThrowIfInterrupted();
    }

    /// <summary>Ends the code of an interrupted cell, and a recursion before it uses up the stack, which would end the process.</summary>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <exception cref="OperationCanceledException">The cell that the calling code runs for was interrupted.</exception>
    /// <exception cref="InsufficientExecutionStackException">The stack of the thread is nearly used up.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [SkipLocalsInit]
    public static unsafe void Enter([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        byte here;
        if ((nuint)(&here) - _low >= _size) Examine(isAsync: false, file, line);
    }

    /// <summary>As <see cref="Enter"/>, for functions that are <c>async</c>.</summary>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <exception cref="OperationCanceledException">The cell that the calling code runs for was interrupted.</exception>
    /// <exception cref="InsufficientExecutionStackException">The stack of the thread is nearly used up.</exception>
    public static unsafe void EnterAsync([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        byte here = 0;
        if ((nuint)(&here) - _low >= _size || (nuint)(&here) < _asyncLow) Examine(isAsync: true, file, line);
    }

    /// <summary>What a loop looks at in every round.</summary>
    /// <remarks>A flag in a local variable, since a call that may return makes the compiler keep the loop's variables in memory: such a check would slow down arithmetic fourfold.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [SkipLocalsInit]
    public static unsafe CellFlag Flag()
    {
        byte here;
        return (nuint)(&here) - _low < _size ? _running : CellScope.Current?.Flag ?? Nobodys;
    }

    /// <summary>Ends a loop of which the flag is raised.</summary>
    /// <exception cref="OperationCanceledException">Always.</exception>
    public static void Stop() => throw new OperationCanceledException("The cell was interrupted.");

    /// <summary>Says that the calling thread, which has only just begun, is that of the running cell.</summary>
    /// <param name="bytes">The size of its stack.</param>
    /// <param name="flag">The cell's flag.</param>
    internal static unsafe void Begin(int bytes, CellFlag flag)
    {
        byte here = 0;
        _ownLow = (nuint)(&here) - (nuint)bytes + Reserve;
        _ownAsyncLow = (nuint)(&here) - AsyncBytes;
        lock (Nobodys)
        {
            (_low, _asyncLow, _running) = (_ownLow, _ownAsyncLow, flag);
            _knownSize = (nuint)(&here) - _low;
            _size = _interrupted == 0 ? _knownSize : 0;
        }
    }

    /// <summary>Says that the calling thread, which is about to end, is no longer that of the running cell.</summary>
    internal static void End()
    {
        lock (Nobodys)
        {
            if (_low == _ownLow) (_size, _knownSize, _running) = (0, 0, Nobodys);
        }
    }

    /// <summary>Makes checks look at whether their cell is the interrupted one, until as many calls of <see cref="Disarm"/> have followed.</summary>
    internal static void Arm()
    {
        lock (Nobodys)
        {
            _interrupted++;
            _size = 0;
        }
    }

    /// <summary>Takes back one <see cref="Arm"/>.</summary>
    internal static void Disarm()
    {
        lock (Nobodys)
        {
            if (--_interrupted == 0) _size = _knownSize;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Examine(bool isAsync, string file, int line)
    {
        Check();
        byte here = 0;
        nuint low = isAsync ? _ownAsyncLow : _ownLow;
        bool isDeep = low != 0 ? (nuint)(&here) < low : !RuntimeHelpers.TryEnsureSufficientExecutionStack();
        if (!isDeep) return;
        InsufficientExecutionStackException failure = new("The calls are nested too deeply: the stack of the thread is used up. A recursion without end is the usual reason; a deep one can be written as a loop over a Stack<T>.");
        failure.Data[PlaceKey] = (file, line);
        throw failure;
    }
}

/// <summary>Raised when the cell that code runs for is interrupted. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class CellFlag
{
    private volatile bool _isRaised;

    /// <summary>Whether the cell was interrupted.</summary>
    public bool IsRaised => _isRaised;

    internal void Raise() => _isRaised = true;
}
