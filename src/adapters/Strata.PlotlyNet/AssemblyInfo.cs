[assembly: Strata.Notebooks.AssemblyFormatters(typeof(Strata.PlotlyNet.ChartFormatter))]
